// Package vp8 is a thin binding to libvpx's VP8 encoder, for browsers that take no H.264: one frame out for every
// picture in, at once, key frames when they are asked for. A bound on the quantiser keeps glass, which does not move,
// from costing more than next to nothing.
//
// This package takes any planes, so it stays in vision/internal; what a program may encode is
// vision/encode's to say.
package vp8

/*
#cgo pkg-config: vpx
#include <stdint.h>
#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

typedef struct {
	vpx_codec_ctx_t ctx;
	vpx_codec_enc_cfg_t cfg;
} encoder;

// open_encoder returns NULL for settings that the library does not take.
static encoder *open_encoder(int width, int height, int fps, int kbit) {
	encoder *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &e->cfg, 0))
		goto failed;
	e->cfg.g_w = width;
	e->cfg.g_h = height;
	e->cfg.g_timebase.num = 1;
	e->cfg.g_timebase.den = fps;
	e->cfg.g_threads = 1;
	e->cfg.g_lag_in_frames = 0;
	e->cfg.g_error_resilient = 0; // what is lost is sent again
	e->cfg.kf_mode = VPX_KF_DISABLED;
	e->cfg.rc_end_usage = VPX_CBR;
	e->cfg.rc_target_bitrate = kbit;
	e->cfg.rc_buf_sz = 500; // ms
	e->cfg.rc_buf_initial_sz = e->cfg.rc_buf_optimal_sz = 400;
	e->cfg.rc_undershoot_pct = 100;
	e->cfg.rc_overshoot_pct = 15;
	e->cfg.rc_dropframe_thresh = 0; // which frames are encoded is the caller's
	e->cfg.rc_min_quantizer = 12;
	e->cfg.rc_max_quantizer = 60;
	if (vpx_codec_enc_init(&e->ctx, vpx_codec_vp8_cx(), &e->cfg, 0))
		goto failed;
	if (vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, 10) || vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, 100) ||
		vpx_codec_control(&e->ctx, VP8E_SET_NOISE_SENSITIVITY, 0) || vpx_codec_control(&e->ctx, VP8E_SET_TOKEN_PARTITIONS, 0) ||
		vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, 1500)) { // of a frame's share: half a second's
		vpx_codec_destroy(&e->ctx);
		goto failed;
	}
	return e;
failed:
	free(e);
	return NULL;
}

static int pace(encoder *e, int kbit) {
	e->cfg.rc_target_bitrate = kbit;
	return vpx_codec_enc_config_set(&e->ctx, &e->cfg);
}

// encode returns the frame's size; its bytes, at *out, live until the next call.
static int encode(encoder *e, uint8_t *y, uint8_t *cb, uint8_t *cr, int64_t pts, int duration, int force, void **out,
	int *key) {
	vpx_image_t img;
	int w = e->cfg.g_w, h = e->cfg.g_h;
	if (!vpx_img_wrap(&img, VPX_IMG_FMT_I420, w, h, 1, y))
		return -1;
	img.planes[VPX_PLANE_Y] = y;
	img.planes[VPX_PLANE_U] = cb;
	img.planes[VPX_PLANE_V] = cr;
	img.stride[VPX_PLANE_Y] = w;
	img.stride[VPX_PLANE_U] = img.stride[VPX_PLANE_V] = w / 2;
	int r = vpx_codec_encode(&e->ctx, &img, pts, duration, force ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
	if (r)
		return -1 - r;
	vpx_codec_iter_t at = NULL;
	const vpx_codec_cx_pkt_t *p;
	while ((p = vpx_codec_get_cx_data(&e->ctx, &at))) {
		if (p->kind != VPX_CODEC_CX_FRAME_PKT)
			continue;
		*out = p->data.frame.buf;
		*key = (p->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
		return p->data.frame.sz;
	}
	return 0;
}

static void shut(encoder *e) {
	vpx_codec_destroy(&e->ctx);
	free(e);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"vestibule/vision/internal/raw"
)

// Encoder encodes pictures of one size. It is for one goroutine; the zero Encoder encodes
// nothing.
type Encoder struct {
	enc           *C.encoder
	width, height int
	most          int // the pace that it was opened for
	step          int // of the clock, a picture
	pts           int
	key           bool
}

// Open makes an encoder for pictures of a size in pixels, at a pace of fps, with a target in kbit/s. It has to be closed.
func Open(width, height, fps, kbit int) (*Encoder, error) {
	e := &Encoder{width: width, height: height, most: fps, step: 1}
	if e.enc = C.open_encoder(C.int(width), C.int(height), C.int(fps), C.int(kbit)); e.enc == nil {
		return nil, fmt.Errorf("vp8: cannot encode %dx%d at %d frames a second", width, height, fps)
	}
	return e, nil
}

// KeyNext makes the next frame decodable by itself.
func (e *Encoder) KeyNext() { e.key = true }

// Pace gives the encoder another target in kbit/s, and another pace of the pictures that it is given. It takes no key
// frame.
func (e *Encoder) Pace(kbit, fps int) error {
	if e.enc == nil {
		return errors.New("vp8: the encoder is closed")
	}
	if kbit < 1 || fps < 1 || fps > e.most {
		return fmt.Errorf("vp8: %d kbit/s at %d frames a second is no pace", kbit, fps)
	}
	if r := C.pace(e.enc, C.int(kbit)); r != 0 {
		return fmt.Errorf("vp8: no pace of %d kbit/s (%d)", kbit, int(r))
	}
	e.step = max(e.most/fps, 1)
	return nil
}

// Encode encodes one picture in I420 with packed rows. The first frame, and the one after KeyNext, is a key
// frame. unit is the caller's.
func (e *Encoder) Encode(y, cb, cr []byte) (unit []byte, key bool, err error) {
	if e.enc == nil {
		return nil, false, errors.New("vp8: the encoder is closed")
	}
	if err := raw.CheckPlanes(e.width, e.height, y, cb, cr); err != nil {
		return nil, false, fmt.Errorf("vp8: %w", err)
	}
	var (
		force, isKey C.int
		out          unsafe.Pointer
	)
	if e.key {
		force = 1
	}
	size := C.encode(e.enc, (*C.uint8_t)(&y[0]), (*C.uint8_t)(&cb[0]), (*C.uint8_t)(&cr[0]),
		C.int64_t(e.pts), C.int(e.step), force, &out, &isKey)
	e.pts += e.step
	if size <= 0 {
		return nil, false, fmt.Errorf("vp8: encoding failed (%d)", int(size))
	}
	e.key = false
	return C.GoBytes(out, size), isKey == 1, nil
}

// Close lets the encoder go. Closing twice is the same as once.
func (e *Encoder) Close() {
	if e.enc != nil {
		C.shut(e.enc)
		e.enc = nil
	}
}
