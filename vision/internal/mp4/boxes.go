package mp4

import "encoding/binary"

// box puts a head on its parts: size and name.
func box(name string, parts ...[]byte) []byte {
	n := 8
	for _, p := range parts {
		n += len(p)
	}
	b := append(u32(uint32(n)), name...)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// full is a box with a version and flags.
func full(name string, version byte, flags uint32, parts ...[]byte) []byte {
	return box(name, append([][]byte{u32(uint32(version)<<24 | flags)}, parts...)...)
}

func u16(v ...int) []byte {
	var b []byte
	for _, v := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func u32(v ...uint32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, v := range v {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func u64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

// movie is the box with all that is known of the samples. Times are counted in 1/Rate seconds.
func (w *Writer) movie() []byte {
	var (
		scale    = u32(uint32(w.cfg.Rate))
		duration = u64(uint64(len(w.sizes)) * uint64(w.cfg.Per))
		never    = make([]byte, 16)                                         // made and changed: not said
		upright  = u32(1<<16, 0, 0, 0, 1<<16, 0, 0, 0, 1<<30)               // the matrix that turns nothing
		track    = u32(1)                                                   // its number
		size     = u32(uint32(w.cfg.Width)<<16, uint32(w.cfg.Height)<<16)   // 16.16
		plays    = append(u32(1<<16, 1<<24, 0, 0), upright...)              // rate 1.0, volume 1.0
		unnamed  = append(append(u32(0), "vide"...), make([]byte, 12+1)...) // the handler has an empty name
	)
	const inMovie, inFile = 3, 1 // flags: the track is enabled and in the movie; the samples are in this file
	return box("moov",
		full("mvhd", 1, 0, never, scale, duration, plays, make([]byte, 24), u32(2)),
		box("trak",
			full("tkhd", 1, inMovie, never, track, u32(0), duration, make([]byte, 16), upright, size),
			box("mdia",
				full("mdhd", 1, 0, never, scale, duration, u16(0x55c4, 0)), // no language
				full("hdlr", 0, 0, unnamed),
				box("minf",
					full("vmhd", 0, 1, make([]byte, 8)),
					box("dinf", full("dref", 0, 0, u32(1), full("url ", 0, inFile))),
					w.samples(),
				),
			),
		),
	)
}

// samples says what the samples are and where: all of them one after the other, in a single chunk.
func (w *Writer) samples() []byte {
	n := uint32(len(w.sizes))
	first := uint32(len(fileType()) + len(mediaData(0)))
	return box("stbl",
		full("stsd", 0, 0, u32(1), w.entry()),
		full("stts", 0, 0, u32(1, n, uint32(w.cfg.Per))),
		full("stss", 0, 0, u32(uint32(len(w.keys))), u32(w.keys...)),
		full("stsc", 0, 0, u32(1, 1, n, 1)),
		full("stsz", 0, 0, u32(0, n), u32(w.sizes...)),
		full("stco", 0, 0, u32(1, first)),
	)
}

// entry describes the pictures: their size, the parameter sets, and BT.601 in limited range, as vision makes them.
func (w *Writer) entry() []byte {
	const inch, deep, none, own = 72 << 16, 24, 0xffff, 1
	sets := []byte{1, w.sps[1], w.sps[2], w.sps[3], 0xff, 0xe1} // lengths of 4 bytes; one of each set
	sets = append(append(sets, u16(len(w.sps))...), w.sps...)
	sets = append(append(append(sets, 1), u16(len(w.pps))...), w.pps...)
	return box("avc1",
		make([]byte, 6), u16(own), make([]byte, 16), u16(w.cfg.Width, w.cfg.Height),
		u32(inch, inch, 0), u16(1), make([]byte, 32), u16(deep, none),
		box("avcC", sets),
		box("colr", []byte("nclx"), u16(6, 6, 6), []byte{0}),
	)
}
