package pipe

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

const (
	nalType   = 0x1f
	delimiter = 9  // access unit delimiter
	filler    = 12 // filler data
)

// Name names an access unit: the first 8 bytes of a SHA-256. Eye says it in its Looks, gate signs it in its
// beats, and a viewer's page makes it anew of what it was given (hub/web/app/src/lib/unit.ts), so that nobody in between
// can show another picture.
//
// A unit in Annex B (ITU-T H.264, B.1) is taken apart first, as RTP carries no start codes, no delimiters and no
// filler (RFC 6184, 1.3): hashed are its other NAL units, each after its length in 4 bytes, big-endian. Any other unit is
// hashed as it is: no frame of VP8 begins with two zeros (RFC 6386, 9.1), as each of ours is shown.
func Name(unit []byte) uint64 {
	h := sha256.New()
	if !bytes.HasPrefix(unit, []byte{0, 0}) {
		h.Write(unit)
		return binary.BigEndian.Uint64(h.Sum(nil))
	}
	for nal := range nals(unit) {
		if t := nal[0] & nalType; t == delimiter || t == filler {
			continue
		}
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(nal))))
		h.Write(nal)
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// nals gives the NAL units between the start codes of a byte stream, without the zeros that may follow one.
func nals(stream []byte) func(yield func([]byte) bool) {
	start := []byte{0, 0, 1}
	return func(yield func([]byte) bool) {
		at := bytes.Index(stream, start)
		for at >= 0 {
			stream = stream[at+len(start):]
			at = bytes.Index(stream, start)
			nal := stream
			if at >= 0 {
				nal = stream[:at]
			}
			if nal = bytes.TrimRight(nal, "\x00"); len(nal) > 0 && !yield(nal) {
				return
			}
		}
	}
}
