// Package jpegtest makes JPEG pictures of known planes, for tests and benches.
package jpegtest

/*
#cgo pkg-config: libturbojpeg
#include <turbojpeg.h>

static int encode(unsigned char *y, unsigned char *cb, unsigned char *cr, int w, int h, int form, int quality,
	int flags, unsigned char **out, unsigned long *n) {
	const unsigned char *planes[3] = {y, cb, cr};
	tjhandle t = tjInitCompress();
	if (t == NULL)
		return -1;
	int bad = tjCompressFromYUVPlanes(t, planes, w, NULL, h, form, out, n, quality, flags);
	tjDestroy(t);
	return bad;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// Forms are the ways to thin out chroma that Encode knows.
var Forms = []string{"4:2:0", "4:2:2", "4:4:0", "4:4:4", "4:1:1", "grey"}

// Chroma returns the size of the chroma planes that a form has.
func Chroma(form string, width, height int) (w, h int) {
	up := func(v, n int) int { return (v + n - 1) / n }
	switch form {
	case "4:2:0":
		return up(width, 2), up(height, 2)
	case "4:2:2":
		return up(width, 2), height
	case "4:4:0":
		return width, up(height, 2)
	case "4:4:4":
		return width, height
	case "4:1:1":
		return up(width, 4), height
	}
	return 0, 0
}

// Encode makes a JPEG of packed full-range planes. Width and height are whole multiples of what the form thins out
// by; quality is 1..100.
func Encode(form string, width, height int, y, cb, cr []byte, quality int, progressive bool) ([]byte, error) {
	code, ok := map[string]C.int{
		"4:2:0": C.TJSAMP_420, "4:2:2": C.TJSAMP_422, "4:4:0": C.TJSAMP_440, "4:4:4": C.TJSAMP_444,
		"4:1:1": C.TJSAMP_411, "grey": C.TJSAMP_GRAY,
	}[form]
	w, h := Chroma(form, width, height)
	if !ok || len(y) != width*height || len(cb) != w*h || len(cr) != w*h {
		return nil, fmt.Errorf("planes of %d, %d and %d bytes are no picture in %s", len(y), len(cb), len(cr), form)
	}
	var out *C.uchar
	var n C.ulong
	var flags C.int = C.TJFLAG_ACCURATEDCT
	if progressive {
		flags |= C.TJFLAG_PROGRESSIVE
	}
	defer func() { C.tjFree(out) }()
	if C.encode(at(y), at(cb), at(cr), C.int(width), C.int(height), code, C.int(quality), flags, &out, &n) != 0 {
		return nil, errors.New("libjpeg-turbo cannot encode this")
	}
	return C.GoBytes(unsafe.Pointer(out), C.int(n)), nil
}

func at(b []byte) *C.uchar { return (*C.uchar)(unsafe.SliceData(b)) }
