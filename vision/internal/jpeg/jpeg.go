// Package jpeg decodes a camera's JPEG straight into an I420 frame: no BGR in between, and no step that is
// done twice. A thin binding to libjpeg-turbo's TurboJPEG.
//
// In goes what cameras send: baseline or progressive JPEG of 8 bits in full-range YCbCr (JFIF, ITU-T T.871)
// with chroma in 4:2:0, 4:2:2, 4:4:0, 4:4:4 or 4:1:1, or grey; with or without Huffman tables, which Motion
// JPEG may leave out. Out comes BT.601's limited range, Y in 16..235 and chroma in 16..240, at exactly the
// frame's size; chroma samples that are too many are averaged.
//
// The bytes are strangers'. Size and form are read and checked before anything is decoded, so the memory in
// use is bounded by the frame's size; a progressive picture of endlessly many scans is refused; broken data is
// an error and never a half-decoded picture.
package jpeg

/*
#cgo pkg-config: libturbojpeg
#cgo CFLAGS: -O3
#include <string.h>
#include <turbojpeg.h>

typedef struct { int width, height, form, space, bad; } header;

static header look(tjhandle h, const unsigned char *src, unsigned long n) {
	header i = {0};
	i.bad = tjDecompressHeader3(h, src, n, &i.width, &i.height, &i.form, &i.space);
	return i;
}

static int decode(tjhandle h, const unsigned char *src, unsigned long n, unsigned char *y, unsigned char *cb,
	unsigned char *cr, int width, int stride, int height) {
	unsigned char *planes[3] = {y, cb, cr};
	int strides[3] = {width, stride, stride};
	return tjDecompressToYUVPlanes(h, src, n, planes, width, strides, height, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
}

// forgivable tells whether all that the decoder had to say is that it stepped over bytes between the picture's data
// and the next marker. Many cameras pad there. Everything else that it goes on after has spoilt the picture.
static int forgivable(tjhandle h) {
	return tjGetErrorCode(h) == TJERR_WARNING && strstr(tjGetErrorStr2(h), "extraneous bytes before marker") != NULL;
}

// luma turns full range into limited range: 16 + v*219/255, rounded.
static void luma(unsigned char *p, int n) {
	for (int i = 0; i < n; i++)
		p[i] = 16 + (unsigned short)(p[i] * 219 + 127) / 255;
}

// chroma turns the sum of four full-range samples into one of limited range: 128 + (sum/4-128)*224/255, rounded.
static inline unsigned char chroma(int sum) { return ((sum - 512) * 230275 + 134742016) >> 20; } // exact, in 1/2^20

static void whole(unsigned char *out, int n) { // 4:2:0, in place
	for (int i = 0; i < n; i++)
		out[i] = chroma(4 * out[i]);
}

// halve makes w x h samples of a plane that has twice the columns, twice the rows, or both.
static void halve(unsigned char *out, const unsigned char *in, int w, int h, int stride, int columns, int rows) {
	for (int y = 0; y < h; y++, out += w) {
		const unsigned char *a = in + y * rows * stride, *b = a + (rows - 1) * stride;
		if (columns == 1)
			for (int x = 0; x < w; x++)
				out[x] = chroma(2 * (a[x] + b[x]));
		else
			for (int x = 0; x < w; x++)
				out[x] = chroma(a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1]);
	}
}

// widen makes w x h samples of a plane that has half the columns and twice the rows (4:1:1).
static void widen(unsigned char *out, const unsigned char *in, int w, int h, int stride) {
	for (int y = 0; y < h; y++, out += w) {
		const unsigned char *a = in + 2 * y * stride, *b = a + stride;
		for (int x = 0; x < w; x++)
			out[x] = chroma(2 * (a[x / 2] + b[x / 2]));
	}
}
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"vestibule/vision/internal/heap"
	"vestibule/vision/internal/raw"
)

// most is the largest picture that is looked at, in bytes: an uncompressed 1080p picture has 3 million.
const most = 16 << 20

var (
	errNone   = errors.New("jpeg: no picture")
	errLarge  = errors.New("jpeg: more than 16 MB")
	errClosed = errors.New("jpeg: the decoder is closed")
	errForm   = errors.New("jpeg: neither grey nor YCbCr in 4:2:0, 4:2:2, 4:4:0, 4:4:4 or 4:1:1")
)

// Decoder decodes one picture after the other. It is for one goroutine; the zero Decoder decodes nothing.
type Decoder struct {
	handle C.tjhandle
	arena  *raw.Arena // of the two below
	cb, cr []byte     // chroma before it is halved
}

// New makes a decoder. It has to be closed.
func New() (*Decoder, error) {
	heap.Guard() // libjpeg-turbo frees rows of the picture, or all of it, as they are
	h := C.tjInitDecompress()
	if h == nil {
		return nil, errors.New("jpeg: libjpeg-turbo has no memory")
	}
	return &Decoder{handle: h}, nil
}

// Decode decodes a picture into a frame of the same size; another size is raw.ErrResized, wrapped. Bytes after
// the picture's end are not looked at. After an error the frame holds nothing that means anything.
func (d *Decoder) Decode(src []byte, into *raw.Frame) error {
	switch {
	case d.handle == nil:
		return errClosed
	case len(src) == 0:
		return errNone
	case len(src) > most:
		return errLarge
	}
	data, n := (*C.uchar)(&src[0]), C.ulong(len(src))
	head := C.look(d.handle, data, n)
	if head.bad != 0 && C.forgivable(d.handle) == 0 {
		return d.fault()
	}
	w, h, form := head.width, head.height, head.form
	if w == 0 { // tables and nothing else
		return errNone
	}
	if int(w) != into.Width || int(h) != into.Height {
		return fmt.Errorf("jpeg: %w: %dx%d instead of %dx%d", raw.ErrResized, int(w), int(h), into.Width, into.Height)
	}
	if err := into.Check(int(w), int(h)); err != nil {
		return err
	}
	if !known(form, head.space, w) {
		return errForm
	}
	cb, cr, stride := into.Cb, into.Cr, w/2
	if form != C.TJSAMP_GRAY && form != C.TJSAMP_420 {
		stride = C.tjPlaneWidth(1, w, form)
		var err error
		if cb, cr, err = d.room(into, int(stride*C.tjPlaneHeight(1, h, form))); err != nil {
			return err
		}
	}
	if C.decode(d.handle, data, n, at(into.Y), at(cb), at(cr), w, stride, h) != 0 && C.forgivable(d.handle) == 0 {
		return d.fault()
	}
	C.luma(at(into.Y), w*h)
	if form == C.TJSAMP_GRAY {
		grey(into.Cb)
		grey(into.Cr)
		return nil
	}
	halve(into.Cb, cb, form, w/2, h/2, stride)
	halve(into.Cr, cr, form, w/2, h/2, stride)
	return nil
}

func known(form, space, width C.int) bool {
	switch form {
	case C.TJSAMP_GRAY:
		return space == C.TJCS_GRAY
	case C.TJSAMP_420, C.TJSAMP_422, C.TJSAMP_440, C.TJSAMP_444:
		return space == C.TJCS_YCbCr
	case C.TJSAMP_411:
		return space == C.TJCS_YCbCr && width%4 == 0 // or its luma would be wider than the picture
	}
	return false
}

// room returns two buffers of n bytes, an even number, on the way into the frame.
func (d *Decoder) room(into *raw.Frame, n int) (cb, cr []byte, err error) {
	if len(d.cb) != n {
		if err := d.forget(); err != nil {
			return nil, nil, err
		}
		d.arena = &raw.Arena{}
		mem := d.arena.Frame(n, 2).Y // two rows
		into.Keep(mem)               // it is, and if not the frame's arena has to say so
		d.cb, d.cr = mem[:n:n], mem[n:]
	}
	return d.cb, d.cr, nil
}

// forget blackens what the decoder holds of a picture and gives its memory back.
func (d *Decoder) forget() error {
	d.cb, d.cr = nil, nil
	if d.arena == nil {
		return nil
	}
	arena := d.arena
	d.arena = nil
	return arena.Close()
}

// halve makes w x h samples of a plane as the decoder left it. For 4:2:0 the two are one and the same memory.
func halve(out, in []byte, form, w, h, stride C.int) {
	switch form {
	case C.TJSAMP_420:
		C.whole(at(out), w*h)
	case C.TJSAMP_422:
		C.halve(at(out), at(in), w, h, stride, 1, 2)
	case C.TJSAMP_440:
		C.halve(at(out), at(in), w, h, stride, 2, 1)
	case C.TJSAMP_444:
		C.halve(at(out), at(in), w, h, stride, 2, 2)
	case C.TJSAMP_411:
		C.widen(at(out), at(in), w, h, stride)
	}
}

func grey(plane []byte) {
	for i := range plane {
		plane[i] = 128
	}
}

func at(b []byte) *C.uchar { return (*C.uchar)(unsafe.SliceData(b)) }

// fault is what the decoder has to say of its last call. What is left of that call goes with the handle: TurboJPEG 2.1
// would go on reading there, in the middle of the next picture's header.
func (d *Decoder) fault() error {
	err := fmt.Errorf("jpeg: %s", C.GoString(C.tjGetErrorStr2(d.handle)))
	C.tjDestroy(d.handle)
	d.handle = C.tjInitDecompress()
	return err
}

// Close lets the decoder go, with all that it held of a picture. Closing twice is the same as once.
func (d *Decoder) Close() error {
	if d.handle != nil {
		C.tjDestroy(d.handle)
		d.handle = nil
	}
	return d.forget()
}
