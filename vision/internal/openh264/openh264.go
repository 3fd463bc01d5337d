// Package openh264 is a thin binding to Cisco's OpenH264, for who may or will not use x264 (GPL): the same duty as
// vision/internal/x264's and the same stream, Annex B in constrained baseline with its parameter sets before
// every key frame, one access unit out for every picture in, key frames when they are asked for. It has no constant
// quality; a bound on the quantiser stands for it, so that glass, which does not move, costs next to nothing.
//
// This package takes any planes, so it stays in vision/internal; what a program may encode is
// vision/encode's to say.
package openh264

/*
#cgo pkg-config: openh264
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

typedef struct {
	int width, height, fps, kbit;
} settings;

// open_encoder returns NULL for settings that the library does not take.
static ISVCEncoder *open_encoder(const settings *s) {
	ISVCEncoder *e = NULL;
	SEncParamExt p;
	int quiet = WELS_LOG_QUIET;
	if (WelsCreateSVCEncoder(&e) != 0)
		return NULL;
	(*e)->SetOption(e, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	(*e)->GetDefaultParams(e, &p);
	p.iUsageType = CAMERA_VIDEO_REAL_TIME;
	p.iPicWidth = s->width;
	p.iPicHeight = s->height;
	p.fMaxFrameRate = s->fps;
	p.iTargetBitrate = s->kbit * 1000;
	p.iMaxBitrate = UNSPECIFIED_BIT_RATE;
	p.iRCMode = RC_BITRATE_MODE;
	p.iMinQp = 22;
	p.iMaxQp = 51;
	p.uiIntraPeriod = 0;
	p.iNumRefFrame = 1;
	p.eSpsPpsIdStrategy = CONSTANT_ID;
	p.iEntropyCodingModeFlag = 0;
	p.bEnableFrameSkip = 0; // which frames are encoded is the caller's
	p.bEnableSceneChangeDetect = 0;
	p.iMultipleThreadIdc = 1;
	p.iComplexityMode = LOW_COMPLEXITY;
	p.bEnableDenoise = 0;
	p.bEnableAdaptiveQuant = 0;
	p.bEnableBackgroundDetection = 1;
	SSpatialLayerConfig *l = &p.sSpatialLayers[0];
	l->iVideoWidth = s->width;
	l->iVideoHeight = s->height;
	l->fFrameRate = s->fps;
	l->iSpatialBitrate = p.iTargetBitrate;
	l->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
	l->uiProfileIdc = PRO_BASELINE;
	l->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
	// BT.601, limited range, as vision makes it. Browsers take 720p for BT.709 if not told.
	l->bVideoSignalTypePresent = 1;
	l->uiVideoFormat = 5; // not said
	l->bFullRange = 0;
	l->bColorDescriptionPresent = 1;
	l->uiColorPrimaries = 6;
	l->uiTransferCharacteristics = 6;
	l->uiColorMatrix = 6;
	int format = videoFormatI420;
	if ((*e)->InitializeExt(e, &p) != cmResultSuccess ||
		(*e)->SetOption(e, ENCODER_OPTION_DATAFORMAT, &format) != cmResultSuccess) {
		WelsDestroySVCEncoder(e);
		return NULL;
	}
	return e;
}

static int pace(ISVCEncoder *e, int kbit, float fps) {
	SBitrateInfo b = {SPATIAL_LAYER_ALL, kbit * 1000};
	int r = (*e)->SetOption(e, ENCODER_OPTION_FRAME_RATE, &fps);
	return r ? r : (*e)->SetOption(e, ENCODER_OPTION_BITRATE, &b);
}

// encode returns the access unit's size; it is copied to what malloc gives at *out.
static int encode(ISVCEncoder *e, const settings *s, uint8_t *y, uint8_t *cb, uint8_t *cr, int64_t ms, int force,
	uint8_t **out, int *key) {
	SSourcePicture in;
	SFrameBSInfo made;
	memset(&in, 0, sizeof in);
	memset(&made, 0, sizeof made);
	in.iColorFormat = videoFormatI420;
	in.iPicWidth = s->width;
	in.iPicHeight = s->height;
	in.iStride[0] = s->width;
	in.iStride[1] = in.iStride[2] = s->width / 2;
	in.pData[0] = y;
	in.pData[1] = cb;
	in.pData[2] = cr;
	in.uiTimeStamp = ms;
	if (force && (*e)->ForceIntraFrame(e, 1) != 0)
		return -1;
	int r = (*e)->EncodeFrame(e, &in, &made);
	if (r != cmResultSuccess)
		return -1 - r;
	if (made.iFrameSizeInBytes <= 0)
		return 0;
	*key = made.eFrameType == videoFrameTypeIDR;
	if (!(*out = malloc(made.iFrameSizeInBytes)))
		return -1;
	int n = 0;
	for (int i = 0; i < made.iLayerNum; i++) {
		SLayerBSInfo *l = &made.sLayerInfo[i];
		int size = 0;
		for (int j = 0; j < l->iNalCount; j++)
			size += l->pNalLengthInByte[j];
		if (n + size > made.iFrameSizeInBytes)
			return -1;
		memcpy(*out + n, l->pBsBuf, size);
		n += size;
	}
	return n;
}

static void shut(ISVCEncoder *e) {
	(*e)->Uninitialize(e);
	WelsDestroySVCEncoder(e);
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
	enc   *C.ISVCEncoder
	set   C.settings
	fps   int
	clock float64 // seconds, by the pace
	key   bool
}

// Open makes an encoder for pictures of a size in pixels, at a pace of fps, with a target in kbit/s. It has to be closed.
func Open(width, height, fps, kbit int) (*Encoder, error) {
	e := &Encoder{set: C.settings{width: C.int(width), height: C.int(height), fps: C.int(fps), kbit: C.int(kbit)}, fps: fps}
	if e.enc = C.open_encoder(&e.set); e.enc == nil {
		return nil, fmt.Errorf("openh264: cannot encode %dx%d at %d frames a second", width, height, fps)
	}
	return e, nil
}

// KeyNext makes the next access unit decodable by itself.
func (e *Encoder) KeyNext() { e.key = true }

// Pace gives the encoder another target in kbit/s, and another pace of the pictures that it is given. It takes no key
// frame.
func (e *Encoder) Pace(kbit, fps int) error {
	if e.enc == nil {
		return errors.New("openh264: the encoder is closed")
	}
	if kbit < 1 || fps < 1 || fps > int(e.set.fps) {
		return fmt.Errorf("openh264: %d kbit/s at %d frames a second is no pace", kbit, fps)
	}
	if r := C.pace(e.enc, C.int(kbit), C.float(fps)); r != 0 {
		return fmt.Errorf("openh264: no pace of %d kbit/s at %d frames a second (%d)", kbit, fps, int(r))
	}
	e.fps = fps
	return nil
}

// Encode encodes one picture in I420 with packed rows. The first access unit, and the one after KeyNext,
// is a key frame with its parameter sets. unit is the caller's.
func (e *Encoder) Encode(y, cb, cr []byte) (unit []byte, key bool, err error) {
	if e.enc == nil {
		return nil, false, errors.New("openh264: the encoder is closed")
	}
	if err := raw.CheckPlanes(int(e.set.width), int(e.set.height), y, cb, cr); err != nil {
		return nil, false, fmt.Errorf("openh264: %w", err)
	}
	var (
		force, isKey C.int
		out          *C.uint8_t
	)
	if e.key {
		force = 1
	}
	size := C.encode(e.enc, &e.set, (*C.uint8_t)(&y[0]), (*C.uint8_t)(&cb[0]), (*C.uint8_t)(&cr[0]),
		C.int64_t(e.clock*1000), force, &out, &isKey)
	defer C.free(unsafe.Pointer(out))
	e.clock += 1 / float64(e.fps)
	if size <= 0 {
		return nil, false, fmt.Errorf("openh264: encoding failed (%d)", int(size))
	}
	e.key = false
	return C.GoBytes(unsafe.Pointer(out), size), isKey == 1, nil
}

// Close lets the encoder go. Closing twice is the same as once.
func (e *Encoder) Close() {
	if e.enc != nil {
		C.shut(e.enc)
		e.enc = nil
	}
}
