// Package mp4 writes H.264 into an MP4 file that any player opens (ISO/IEC 14496-12 and 14496-15): one track of
// pictures at a constant rate, nothing else. By hand, because it is one page, and because what sees raw frames
// links no more than it needs.
//
// The file is whole only after Close: the pictures come first and the tables that find them last.
package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Config says what the pictures are.
type Config struct {
	Width, Height int // pixels, below 65536
	Rate, Per     int // Rate pictures in Per seconds
}

// Writer writes one file. It is for one goroutine.
type Writer struct {
	out    io.WriteSeeker
	cfg    Config
	sps    []byte // the parameter sets, of the first access unit
	pps    []byte
	sizes  []uint32 // of the samples
	keys   []uint32 // the samples, from 1, that can be decoded by themselves
	data   uint64   // bytes of all samples
	sample []byte
}

// The types of NAL units (H.264, table 7-1) that are looked at.
const (
	nalSPS = 7
	nalPPS = 8
)

// New begins a file.
func New(out io.WriteSeeker, cfg Config) (*Writer, error) {
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > 65535 || cfg.Height > 65535 || cfg.Rate < 1 || cfg.Per < 1 {
		return nil, fmt.Errorf("mp4: %dx%d at %d in %d seconds cannot be written", cfg.Width, cfg.Height, cfg.Rate, cfg.Per)
	}
	head := append(fileType(), mediaData(0)...)
	if _, err := out.Write(head); err != nil {
		return nil, err
	}
	return &Writer{out: out, cfg: cfg}, nil
}

// fileType is the first box. What the file needs is in the oldest of these brands.
func fileType() []byte { return box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2avc1mp41")) }

// mediaData is the head of the box that holds n bytes of samples, in the form for sizes beyond 32 bits.
func mediaData(n uint64) []byte {
	b := append([]byte{0, 0, 0, 1}, "mdat"...)
	return binary.BigEndian.AppendUint64(b, n+16)
}

// Write adds one picture: its access unit in Annex B. The first is a key frame with its parameter sets; later
// parameter sets have to be the same.
func (w *Writer) Write(unit []byte, key bool) error {
	w.sample = w.sample[:0]
	for nal := range bytes.SplitSeq(unit, []byte{0, 0, 1}) {
		nal = bytes.TrimRight(nal, "\x00") // the next start code's first zero; a NAL unit never ends in one
		if len(nal) == 0 {
			continue
		}
		switch nal[0] & 0x1f {
		case nalSPS:
			if err := keep(&w.sps, nal); err != nil {
				return err
			}
		case nalPPS:
			if err := keep(&w.pps, nal); err != nil {
				return err
			}
		default:
			w.sample = binary.BigEndian.AppendUint32(w.sample, uint32(len(nal)))
			w.sample = append(w.sample, nal...)
		}
	}
	switch {
	case len(w.sample) == 0:
		return errors.New("mp4: an access unit without a picture")
	case len(w.sps) < 4 || len(w.pps) == 0 || len(w.sizes) == 0 && !key:
		return errors.New("mp4: the first access unit is no key frame with its parameter sets")
	}
	if _, err := w.out.Write(w.sample); err != nil {
		return err
	}
	w.sizes = append(w.sizes, uint32(len(w.sample)))
	w.data += uint64(len(w.sample))
	if key {
		w.keys = append(w.keys, uint32(len(w.sizes)))
	}
	return nil
}

func keep(set *[]byte, nal []byte) error {
	if *set == nil {
		*set = bytes.Clone(nal)
	}
	if !bytes.Equal(*set, nal) {
		return errors.New("mp4: the parameter sets change")
	}
	return nil
}

// Close writes the tables. The file itself is the caller's to close.
func (w *Writer) Close() error {
	if len(w.sizes) == 0 {
		return errors.New("mp4: no picture was written")
	}
	if _, err := w.out.Write(w.movie()); err != nil {
		return err
	}
	if _, err := w.out.Seek(int64(len(fileType())), io.SeekStart); err != nil {
		return err
	}
	_, err := w.out.Write(mediaData(w.data))
	return err
}
