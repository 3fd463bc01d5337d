package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gocv.io/x/gocv"

	"vestibule/vision/internal/x264"
)

// unit is an access unit as an encoder gives it: NAL units of these types, with a few bytes each.
func unit(types ...byte) []byte {
	var b []byte
	for i, t := range types {
		b = append(b, 0, 0)
		if i == 0 {
			b = append(b, 0) // start codes come in two lengths
		}
		b = append(b, 1, t, 0x42, 0xc0, 0x1e, 0x80+t)
	}
	return b
}

// memory is a file in memory.
type memory struct {
	b  []byte
	at int
}

func (m *memory) Write(p []byte) (int, error) {
	m.b = append(m.b[:m.at], append(bytes.Clone(p), m.b[min(m.at+len(p), len(m.b)):]...)...)
	m.at += len(p)
	return len(p), nil
}

func (m *memory) Seek(to int64, whence int) (int64, error) {
	if whence != io.SeekStart {
		return 0, errors.New("only from the start")
	}
	m.at = int(to)
	return to, nil
}

// find walks down a path of boxes and returns the last one's content.
func find(t *testing.T, b []byte, path string) []byte {
	t.Helper()
	for name := range strings.SplitSeq(path, "/") {
		skip := map[string]int{"stsd": 8, "avc1": 78}[name]
		found := false
		for len(b) >= 8 && !found {
			n, head := int(binary.BigEndian.Uint32(b)), 8
			if n == 1 {
				n, head = int(binary.BigEndian.Uint64(b[8:])), 16
			}
			if n < head || n > len(b) {
				t.Fatalf("%s: a box of %d bytes in %d", path, n, len(b))
			}
			if string(b[4:8]) == name {
				b, found = b[head+skip:n], true
			} else {
				b = b[n:]
			}
		}
		if !found {
			t.Fatalf("no box %s of %s", name, path)
		}
	}
	return b
}

func TestBoxes(t *testing.T) {
	m := new(memory)
	w, err := New(m, Config{Width: 640, Height: 480, Rate: 30000, Per: 1001})
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range [][]byte{unit(7, 8, 6, 5), unit(1), unit(1), unit(7, 8, 5), unit(1)} {
		if err := w.Write(u, i%3 == 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	nal := func(t byte) string { return string([]byte{0, 0, 0, 5, t, 0x42, 0xc0, 0x1e, 0x80 + t}) }
	if got, want := string(find(t, m.b, "mdat")), nal(6)+nal(5)+nal(1)+nal(1)+nal(5)+nal(1); got != want {
		t.Errorf("the samples are %x, want %x", got, want)
	}
	stbl := "moov/trak/mdia/minf/stbl/"
	for _, c := range []struct {
		box  string
		want []byte
	}{
		{stbl + "stsz", u32(0, 0, 5, 18, 9, 9, 9, 9)},
		{stbl + "stss", u32(0, 2, 1, 4)},
		{stbl + "stts", u32(0, 1, 5, 1001)},
		{stbl + "stsc", u32(0, 1, 1, 5, 1)},
		{stbl + "stco", u32(0, 1, uint32(bytes.Index(m.b, []byte(nal(6)))))},
		{stbl + "stsd/avc1/colr", []byte("nclx\x00\x06\x00\x06\x00\x06\x00")},
		{stbl + "stsd/avc1/avcC", []byte{1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, 5, 7, 0x42, 0xc0, 0x1e, 0x87, 1, 0, 5, 8, 0x42, 0xc0, 0x1e, 0x88}},
	} {
		if got := find(t, m.b, c.box); !bytes.Equal(got, c.want) {
			t.Errorf("%s is %x, want %x", c.box, got, c.want)
		}
	}
	if got := find(t, m.b, "moov/trak/mdia/mdhd"); !bytes.Equal(got[20:32], append(u32(30000), u64(5005)...)) {
		t.Errorf("the duration is %x", got[20:32])
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []Config{{0, 480, 25, 1}, {640, 65536, 25, 1}, {640, 480, 0, 1}, {640, 480, 25, 0}} {
		if _, err := New(new(memory), c); err == nil {
			t.Errorf("%+v is possible", c)
		}
	}
	other := unit(7, 8, 5)
	other[8] ^= 1
	for _, c := range []struct {
		name  string
		units [][]byte
		key   bool
	}{
		{"no key frame first", [][]byte{unit(1)}, false},
		{"no parameter sets", [][]byte{unit(5)}, true},
		{"no picture", [][]byte{unit(7, 8)}, true},
		{"nothing", [][]byte{nil}, true},
		{"other parameter sets", [][]byte{unit(7, 8, 5), other}, true},
	} {
		w, err := New(new(memory), Config{640, 480, 25, 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range c.units {
			err = w.Write(u, c.key)
		}
		if err == nil {
			t.Errorf("%s is written", c.name)
		}
	}
	w, err := New(new(memory), Config{640, 480, 25, 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil {
		t.Error("a file without a picture is whole")
	}
}

// What our encoder makes is played by OpenCV and by ffmpeg: every picture, in its colours.
func TestPlays(t *testing.T) {
	const w, h, frames = 320, 240, 30
	path := filepath.Join(t.TempDir(), "film.mp4")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	enc, err := x264.Open(x264.Config{Width: w, Height: h, FPS: 25, Kbit: 2000})
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	film, err := New(file, Config{w, h, 25, 1})
	if err != nil {
		t.Fatal(err)
	}
	chroma := bytes.Repeat([]byte{124}, w*h/4)
	for n := range frames {
		if n == 20 {
			enc.KeyNext()
		}
		u, key, err := enc.Encode(bytes.Repeat([]byte{byte(40 + 5*n)}, w*h), chroma, chroma)
		if err != nil {
			t.Fatal(err)
		}
		if err := film.Write(u, key); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(film.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}

	c, err := gocv.VideoCaptureFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n, rate := c.Get(gocv.VideoCaptureFrameCount), c.Get(gocv.VideoCaptureFPS); n != frames || rate != 25 {
		t.Errorf("%v pictures at %v a second", n, rate)
	}
	m, yuv := gocv.NewMat(), gocv.NewMat()
	defer m.Close()
	defer yuv.Close()
	for n := range frames {
		if !c.Read(&m) {
			t.Fatalf("%d pictures can be read", n)
		}
		gocv.CvtColor(m, &yuv, gocv.ColorBGRToYUVI420)
		if got, want := int(yuv.GetUCharAt(h/2, w/2)), 40+5*n; got < want-3 || got > want+3 {
			t.Errorf("picture %d has luma %d, want %d", n, got, want)
		}
	}
	probe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Skip("ffprobe is not here")
	}
	out, err := exec.Command(probe, "-v", "error", "-count_packets", "-show_entries",
		"stream=codec_name,profile,width,height,color_space,color_range,avg_frame_rate,nb_read_packets,duration", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"codec_name=h264", "profile=Constrained Baseline", "width=320", "height=240", "color_range=tv",
		"color_space=smpte170m", "avg_frame_rate=25/1", "nb_read_packets=30", "duration=1.200000"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("ffprobe finds no %s in\n%s", want, out)
		}
	}
}
