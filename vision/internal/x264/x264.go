// Package x264 is a thin binding to libx264, for one use: a live doorway. Constrained baseline (what every
// browser takes), Annex B, parameter sets before every key frame, one access unit out for every picture
// in, at once. Key frames come when they are asked for, not by the clock: a periodic one would cost as
// much as seconds of a still doorway. The quality is held constant below a cap on the bit rate, so
// that glass, which does not move, costs next to nothing: neither bits nor, where it is the same as in the picture
// before, the time to look whether it has changed (see After).
//
// This package takes any planes, so it stays in vision/internal; what a program may encode is
// vision/encode's to say.
package x264

/*
#cgo pkg-config: x264
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <x264.h>

typedef struct {
	int width, height, fps, kbit, buffer, level, recon;
} settings;

static x264_t *open_encoder(const settings *s) {
	x264_param_t p;
	if (x264_param_default_preset(&p, "ultrafast", "zerolatency") < 0)
		return NULL;
	p.i_log_level = X264_LOG_NONE;
	p.i_csp = X264_CSP_I420;
	p.i_width = s->width;
	p.i_height = s->height;
	p.i_fps_num = s->fps;
	p.i_fps_den = 1;
	p.b_vfr_input = 0;
	p.i_threads = 1;
	p.b_sliced_threads = 0;
	p.i_bframe = 0;
	p.i_frame_reference = 1;
	p.i_keyint_max = X264_KEYINT_MAX_INFINITE;
	p.i_scenecut_threshold = 0;
	// Without it, steps between blocks are what is seen of smooth glass. It costs little where nothing moves.
	p.b_deblocking_filter = 1;
	p.b_intra_refresh = 0;
	p.b_repeat_headers = 1;
	p.b_annexb = 1;
	p.b_aud = 0;
	p.i_level_idc = s->level;
	p.b_full_recon = s->recon;
	p.analyse.b_mb_info = 1;
	p.rc.i_rc_method = X264_RC_CRF;
	p.rc.f_rf_constant = 23;
	p.rc.i_vbv_max_bitrate = s->kbit;
	p.rc.i_vbv_buffer_size = s->buffer;
	// BT.601, limited range, as vision makes it. Browsers take 720p for BT.709 if not told.
	p.vui.b_fullrange = 0;
	p.vui.i_colorprim = 6;
	p.vui.i_transfer = 6;
	p.vui.i_colmatrix = 6;
	if (x264_param_apply_profile(&p, "baseline") < 0)
		return NULL;
	return x264_encoder_open(&p);
}

// pace gives an encoder another cap and buffer, from the next picture on.
static int pace(x264_t *e, int kbit, int buffer) {
	x264_param_t p;
	x264_encoder_parameters(e, &p);
	p.rc.i_vbv_max_bitrate = kbit;
	p.rc.i_vbv_buffer_size = buffer;
	return x264_encoder_reconfig(e, &p);
}

// plane copies one plane of what a decoder will see; chroma is interleaved there.
static void plane(const x264_image_t *img, int n, int at, int step, uint8_t *to, int width, int height) {
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			*to++ = img->plane[n][y * img->i_stride[n] + x * step + at];
}

// same reports whether so many rows of n bytes, n a multiple of 8, are equal.
static int same(const uint8_t *a, const uint8_t *b, int n, int rows, int stride) {
	for (int y = 0; y < rows; y++, a += stride, b += stride)
		for (int x = 0; x < n; x += 8) {
			uint64_t v, w;
			memcpy(&v, a + x, 8);
			memcpy(&w, b + x, 8);
			if (v != w)
				return 0;
		}
	return 1;
}

// compare marks the macroblocks that are as they were. What the picture's border cuts is not marked.
static void compare(const settings *s, const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
	const uint8_t *y0, const uint8_t *cb0, const uint8_t *cr0, uint8_t *still) {
	int w = s->width, across = (w + 15) / 16, down = (s->height + 15) / 16;
	memset(still, 0, across * down);
	for (int j = 0; j < s->height / 16; j++)
		for (int i = 0; i < w / 16; i++) {
			int l = j * 16 * w + i * 16, c = j * 8 * (w / 2) + i * 8;
			if (same(y + l, y0 + l, 16, 16, w) && same(cb + c, cb0 + c, 8, 8, w / 2) && same(cr + c, cr0 + c, 8, 8, w / 2))
				still[j * across + i] = X264_MBINFO_CONSTANT;
		}
}

// encode returns the access unit's size; its bytes, at *out, live until the next call. still is what compare has marked, or
// NULL.
static int encode(x264_t *e, const settings *s, uint8_t *y, uint8_t *cb, uint8_t *cr, uint8_t *still, int64_t pts,
	int force, uint8_t **out, int *key, uint8_t *seen) {
	x264_picture_t in, made;
	x264_nal_t *nals;
	int n;
	x264_picture_init(&in);
	in.i_type = force ? X264_TYPE_IDR : X264_TYPE_AUTO;
	in.i_pts = pts;
	in.img.i_csp = X264_CSP_I420;
	in.img.i_plane = 3;
	in.img.i_stride[0] = s->width;
	in.img.i_stride[1] = in.img.i_stride[2] = s->width / 2;
	in.img.plane[0] = y;
	in.img.plane[1] = cb;
	in.img.plane[2] = cr;
	in.prop.mb_info = still;
	int size = x264_encoder_encode(e, &nals, &n, &in, &made);
	if (size > 0) {
		*out = nals[0].p_payload; // the payloads of one call lie one after the other
		*key = made.b_keyframe;
		if (seen) {
			int w = s->width, h = s->height;
			plane(&made.img, 0, 0, 1, seen, w, h);
			plane(&made.img, 1, 0, 2, seen + w * h, w / 2, h / 2);
			plane(&made.img, 1, 1, 2, seen + w * h * 5 / 4, w / 2, h / 2);
		}
	}
	return size;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"vestibule/vision/internal/raw"
)

// Config is how to encode. All fields have to be set.
type Config struct {
	Width, Height int // pixels, even
	FPS           int // the pace that the bit rate is reckoned by
	Kbit          int // cap in kbit/s, over half a second

	// Recon keeps what a decoder will make of each picture, for Seen. It is for those who look for what is
	// left of a picture behind the encoder.
	Recon bool
}

// Encoder encodes pictures of one size. It is for one goroutine; the zero Encoder encodes
// nothing.
type Encoder struct {
	enc   *C.x264_t
	set   C.settings
	count int64
	key   bool
	seen  []byte // I420, where it is asked for
	after [3][]byte
	still *C.uint8_t // a byte for each macroblock; x264 reads it while it encodes
}

// Open makes an encoder. It has to be closed.
func Open(c Config) (*Encoder, error) {
	e := &Encoder{set: C.settings{
		width: C.int(c.Width), height: C.int(c.Height), fps: C.int(c.FPS),
		kbit: C.int(c.Kbit), buffer: C.int(c.Kbit / 2), level: C.int(level(c)),
	}}
	if c.Recon {
		e.set.recon = 1
		e.seen = make([]byte, c.Width*c.Height*3/2)
	}
	if e.enc = C.open_encoder(&e.set); e.enc == nil {
		return nil, fmt.Errorf("x264: cannot encode %dx%d at %d frames a second", c.Width, c.Height, c.FPS)
	}
	e.still = (*C.uint8_t)(C.malloc(C.size_t(macroblocks(c.Width, c.Height))))
	return e, nil
}

// level is the lowest of H.264's levels (table A-1, times 10) that holds the size at the
// pace: macroblocks a second and a frame.
func level(c Config) int {
	blocks := macroblocks(c.Width, c.Height)
	for _, l := range []struct{ level, rate, frame int }{
		{30, 40500, 1620}, {31, 108000, 3600}, {32, 216000, 5120}, {40, 245760, 8192},
		{42, 522240, 8704}, {50, 589824, 22080}, {51, 983040, 36864}, // the last two: tools that show two pictures side by side
	} {
		if blocks*c.FPS <= l.rate && blocks <= l.frame {
			return l.level
		}
	}
	return 52
}

// KeyNext makes the next access unit decodable by itself.
func (e *Encoder) KeyNext() { e.key = true }

// Pace gives the encoder another cap on its bit rate, in kbit/s over half a second, and another pace of the pictures
// that it is given, at most the one that it was opened for. It takes no key frame.
func (e *Encoder) Pace(kbit, fps int) error {
	if e.enc == nil {
		return errors.New("x264: the encoder is closed")
	}
	if kbit < 1 || fps < 1 || fps > int(e.set.fps) {
		return fmt.Errorf("x264: %d kbit/s at %d frames a second is no pace", kbit, fps)
	}
	// x264 reckons by the pace that it was opened for: fewer pictures may each be larger.
	if r := C.pace(e.enc, C.int(kbit)*e.set.fps/C.int(fps), C.int(kbit/2)); r != 0 {
		return fmt.Errorf("x264: no pace of %d kbit/s at %d frames a second (%d)", kbit, fps, int(r))
	}
	return nil
}

// After says that the planes that Encode was given last are still what they were: blocks that are the same in the
// next picture, byte for byte, are then not looked at again, as long as they were encoded no coarser than they would
// be now. It holds for one Encode. Without it every block is looked at, and what comes out is the same but for a few bits.
func (e *Encoder) After(y, cb, cr []byte) { e.after = [3][]byte{y, cb, cr} }

// Encode encodes one picture in I420 with packed rows. The first access unit, and the one after KeyNext,
// is a key frame with its parameter sets. unit is the caller's.
func (e *Encoder) Encode(y, cb, cr []byte) (unit []byte, key bool, err error) {
	if e.enc == nil {
		return nil, false, errors.New("x264: the encoder is closed")
	}
	if err := raw.CheckPlanes(int(e.set.width), int(e.set.height), y, cb, cr); err != nil {
		return nil, false, fmt.Errorf("x264: %w", err)
	}
	var (
		force C.int
		out   *C.uint8_t
		isKey C.int
	)
	if e.key {
		force = 1
	}
	var still *C.uint8_t
	if e.marks(y, cb, cr) != nil {
		still = e.still
	}
	var seen *C.uint8_t
	if e.seen != nil {
		seen = (*C.uint8_t)(&e.seen[0])
	}
	size := C.encode(e.enc, &e.set, (*C.uint8_t)(&y[0]), (*C.uint8_t)(&cb[0]), (*C.uint8_t)(&cr[0]),
		still, C.int64_t(e.count), force, &out, &isKey, seen)
	e.count++
	if size <= 0 {
		return nil, false, fmt.Errorf("x264: encoding failed (%d)", int(size))
	}
	e.key = false
	return C.GoBytes(unsafe.Pointer(out), size), isKey == 1, nil
}

// marks has a byte for each macroblock, 1 where it is as it was in the picture before; nil when that is not known.
func (e *Encoder) marks(y, cb, cr []byte) []byte {
	was := e.after
	e.after = [3][]byte{}
	w, h := int(e.set.width), int(e.set.height)
	if e.count == 0 || e.key || raw.CheckPlanes(w, h, was[0], was[1], was[2]) != nil {
		return nil
	}
	C.compare(&e.set, (*C.uint8_t)(&y[0]), (*C.uint8_t)(&cb[0]), (*C.uint8_t)(&cr[0]),
		(*C.uint8_t)(&was[0][0]), (*C.uint8_t)(&was[1][0]), (*C.uint8_t)(&was[2][0]), e.still)
	return unsafe.Slice((*byte)(e.still), macroblocks(w, h))
}

func macroblocks(width, height int) int { return ((width + 15) / 16) * ((height + 15) / 16) }

// Seen returns what a decoder will make of the picture encoded last, where Config.Recon asks for it. The planes are
// overwritten by the next.
func (e *Encoder) Seen() (y, cb, cr []byte) {
	n := len(e.seen) / 6 * 4
	return e.seen[:n], e.seen[n : n+n/4], e.seen[n+n/4:]
}

// Close lets the encoder go. Closing twice is the same as once.
func (e *Encoder) Close() {
	if e.enc != nil {
		C.x264_encoder_close(e.enc)
		C.free(unsafe.Pointer(e.still))
		e.enc, e.still = nil, nil
	}
}
