package jpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestibule/vision/internal/jpeg/jpegtest"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/raw/rawtest"
)

func open(t testing.TB) *Decoder {
	t.Helper()
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// planes is a picture with soft colours, hard edges and both ends of the range.
func planes(form string, w, h int) (y, cb, cr []byte) {
	soft := func(w, h int, fx, fy, phase float64) []byte {
		p := make([]byte, w*h)
		for i := range p {
			u, v := float64(i%max(w, 1))/float64(max(w, 1)), float64(i/max(w, 1))/float64(max(h, 1))
			p[i] = byte(127.5 + 127.5*math.Sin(fx*u+fy*v+phase))
		}
		return p
	}
	cw, ch := jpegtest.Chroma(form, w, h)
	y = soft(w, h, 9, 5, 0)
	for i := range y[:w*h/8] {
		y[i] = byte(i / (w / 4) % 2 * 255)
	}
	return y, soft(cw, ch, 4, -3, 1), soft(cw, ch, -5, 2, 2)
}

func encode(t testing.TB, form string, w, h, quality int, progressive bool) []byte {
	t.Helper()
	y, cb, cr := planes(form, w, h)
	b, err := jpegtest.Encode(form, w, h, y, cb, cr, quality, progressive)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// limited is what BT.601's limited range makes of what a JPEG holds (ITU-T T.871 and BT.601).
func limited(v, from, to, span float64) float64 { return math.Round(to + (v-from)*span/255) }

// Every form and size gives what Go's own decoder finds, in limited range with chroma averaged. The two may
// differ by a step, as their inverse cosine transforms round in different ways.
func TestAgreesWithGo(t *testing.T) {
	d := open(t)
	for _, form := range jpegtest.Forms {
		for _, size := range [][2]int{{64, 48}, {168, 120}, {164, 122}} {
			for _, progressive := range []bool{false, true} {
				w, h := size[0], size[1]
				src := encode(t, form, w, h, 90, progressive)
				img, err := stdjpeg.Decode(bytes.NewReader(src))
				if err != nil {
					t.Fatalf("%s: %v", form, err)
				}
				f := raw.New(w, h)
				if err := d.Decode(src, f); err != nil {
					t.Fatalf("%s %dx%d: %v", form, w, h, err)
				}
				if far := farthest(f, img); far > 1 {
					t.Errorf("%s %dx%d progressive=%v: a sample is %v steps from Go's", form, w, h, progressive, far)
				}
			}
		}
	}
}

// farthest is the largest distance between a frame and the mean of what Go found for each of its samples.
func farthest(f *raw.Frame, img image.Image) float64 {
	far := 0.0
	away := func(got byte, want float64) { far = max(far, math.Abs(float64(got)-want)) }
	at := func(x, y int) (l, cb, cr float64) {
		switch img := img.(type) {
		case *image.YCbCr:
			c := img.COffset(x, y)
			return float64(img.Y[img.YOffset(x, y)]), float64(img.Cb[c]), float64(img.Cr[c])
		case *image.Gray:
			return float64(img.GrayAt(x, y).Y), 128, 128
		}
		return math.Inf(1), 0, 0
	}
	for y := range f.Height {
		for x := range f.Width {
			l, _, _ := at(x, y)
			away(f.Y[y*f.Width+x], limited(l, 0, 16, 219))
		}
	}
	for y := range f.Height / 2 {
		for x := range f.Width / 2 {
			var cb, cr float64
			for _, o := range [4][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
				_, b, r := at(2*x+o[0], 2*y+o[1])
				cb, cr = cb+b/4, cr+r/4
			}
			away(f.Cb[y*f.Width/2+x], limited(cb, 128, 128, 224))
			away(f.Cr[y*f.Width/2+x], limited(cr, 128, 128, 224))
		}
	}
	return far
}

// The change of range is exact for every value: planes of one value survive JPEG unharmed.
func TestRange(t *testing.T) {
	d := open(t)
	for _, form := range jpegtest.Forms {
		cw, ch := jpegtest.Chroma(form, 16, 16)
		for v := range 256 {
			src, err := jpegtest.Encode(form, 16, 16, bytes.Repeat([]byte{byte(v)}, 256),
				bytes.Repeat([]byte{byte(v)}, cw*ch), bytes.Repeat([]byte{byte(255 - v)}, cw*ch), 100, false)
			if err != nil {
				t.Fatal(err)
			}
			f := raw.New(16, 16)
			if err := d.Decode(src, f); err != nil {
				t.Fatal(err)
			}
			y, cb, cr := limited(float64(v), 0, 16, 219), limited(float64(v), 128, 128, 224), limited(float64(255-v), 128, 128, 224)
			if form == "grey" {
				cb, cr = 128, 128
			}
			for i, got := range [3][]byte{f.Y, f.Cb, f.Cr} {
				want := byte([3]float64{y, cb, cr}[i])
				if !bytes.Equal(got, bytes.Repeat([]byte{want}, len(got))) {
					t.Fatalf("%s: plane %d of value %d became %v, want %d", form, i, v, got[:4], want)
				}
			}
		}
	}
}

// segment finds a marker's segment: where it begins and ends.
func segment(src []byte, marker byte) (from, to int, ok bool) {
	for i := 2; i+4 <= len(src) && src[i] == 0xff && src[i+1] != 0xda; {
		end := i + 2 + int(binary.BigEndian.Uint16(src[i+2:]))
		if src[i+1] == marker {
			return i, end, true
		}
		i = end
	}
	return 0, 0, false
}

// What cameras do: no Huffman tables, bytes between the picture and its end, bytes after it.
func TestCamerasWays(t *testing.T) {
	d := open(t)
	src := encode(t, "4:2:2", 320, 240, 85, false)
	want := raw.New(320, 240)
	if err := d.Decode(src, want); err != nil {
		t.Fatal(err)
	}
	bare := bytes.Clone(src)
	for {
		from, to, ok := segment(bare, 0xc4)
		if !ok {
			break
		}
		bare = append(bare[:from:from], bare[to:]...)
	}
	if len(bare) >= len(src)-100 {
		t.Fatal("no tables were taken out")
	}
	// What the tables are is in the standard; libjpeg-turbo makes these by default, and so the picture fits them.
	end := len(src) - 2
	for _, c := range []struct {
		name string
		src  []byte
	}{
		{"no tables", bare},
		{"padding before the end", append(append(bytes.Clone(src[:end]), bytes.Repeat([]byte{0x55}, 64)...), src[end:]...)},
		{"a buffer's rest after the end", append(bytes.Clone(src), src[:end]...)},
		{"zeros after the end", append(bytes.Clone(src), make([]byte, 4096)...)},
	} {
		got := raw.New(320, 240)
		if err := d.Decode(c.src, got); err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !bytes.Equal(got.Y, want.Y) || !bytes.Equal(got.Cb, want.Cb) || !bytes.Equal(got.Cr, want.Cr) {
			t.Errorf("%s: another picture", c.name)
		}
	}
}

// Broken bytes are errors, and the decoder decodes the next good picture as if nothing had been.
func TestBroken(t *testing.T) {
	d := open(t)
	src := encode(t, "4:2:2", 320, 240, 85, false)
	swap := func(at int, b ...byte) []byte {
		s := bytes.Clone(src)
		copy(s[at:], b)
		return s
	}
	frame, _, _ := segment(src, 0xc0)
	noise := make([]byte, 5000)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	spoilt := swap(len(src)*2/3, noise[:200]...)
	for _, c := range []struct {
		name string
		src  []byte
		said string
	}{
		{"nothing", nil, "no picture"},
		{"far too much", make([]byte, most+1), "16 MB"},
		{"noise", noise, "Not a JPEG"},
		{"the first bytes only", src[:200], "jpeg: "},
		{"half of it", src[:len(src)/2], "remature end"},
		{"all but the end", src[:len(src)-40], "remature end"},
		{"noise within", spoilt, "orrupt"},
		{"tables without a picture", append(bytes.Clone(src[:frame]), 0xff, 0xd9), "no picture"},
		{"a picture of 4 gigapixels", swap(frame+5, 0xff, 0xff, 0xff, 0xff), "dimension"},
		{"another size", swap(frame+5, 0x08, 0x70, 0x0f, 0), "has changed its size"},
		{"12 bits", swap(frame+4, 12), "precision"},
		{"five components", swap(frame+9, 5), "jpeg: "},
		{"a form that nobody uses", swap(frame+11, 0x33), "subsampling"},
	} {
		f := raw.New(320, 240)
		if err := d.Decode(c.src, f); err == nil || !strings.Contains(err.Error(), c.said) {
			t.Errorf("%s: %v, want %q", c.name, err, c.said)
		}
		if err := d.Decode(src, f); err != nil {
			t.Errorf("after %s: %v", c.name, err)
		}
	}
	if err := d.Decode(src, raw.New(320, 242)); !errors.Is(err, raw.ErrResized) {
		t.Errorf("another size: %v", err)
	}
	// Planes that are too short would be written past their end.
	short := raw.New(320, 240)
	short.Cr = short.Cr[:100]
	if err := d.Decode(src, short); !errors.Is(err, raw.ErrResized) {
		t.Errorf("a frame with a short plane: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Decode(src, raw.New(320, 240)); err == nil {
		t.Error("a closed decoder decodes")
	}
	if err := new(Decoder).Decode(src, raw.New(320, 240)); err == nil {
		t.Error("the zero decoder decodes")
	}
}

// JPEG of other colours (RGB, four inks) is no camera's and is refused.
func TestOtherColours(t *testing.T) {
	d := open(t)
	src := encode(t, "4:4:4", 64, 48, 90, false)
	// An Adobe marker that says: no transform, so three components are R, G and B.
	adobe := []byte{0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0}
	from, to, ok := segment(src, 0xe0)
	if !ok {
		t.Fatal("no JFIF header to take out")
	}
	rgb := append(append(bytes.Clone(src[:from]), adobe...), src[to:]...)
	if err := d.Decode(rgb, raw.New(64, 48)); !errors.Is(err, errForm) {
		t.Errorf("%v", err)
	}
}

// After Close, no row of the picture is in this program's memory: neither in ours nor in what C has freed.
func TestNothingIsLeftBehind(t *testing.T) {
	const w, h = 1280, 728 // not whole blocks, so that libjpeg-turbo decodes into memory of its own
	rnd := rand.New(rand.NewPCG(7, 7))
	for _, c := range []struct {
		form        string
		progressive bool
	}{{"4:2:0", false}, {"4:4:4", true}} {
		cw, ch := jpegtest.Chroma(c.form, w, h)
		y, chroma := make([]byte, w*h), make([]byte, cw*ch)
		for _, plane := range [][]byte{y, chroma} {
			wide := w
			if len(plane) != w*h {
				wide = cw
			}
			for i := range plane {
				switch {
				case i >= wide:
					plane[i] = plane[i-wide]
				case i%8 == 0: // flat blocks, which JPEG gives back to the bit
					plane[i] = byte(64 + rnd.IntN(128))
				default:
					plane[i] = plane[i-1]
				}
			}
		}
		// What to look for, hidden from itself.
		const long = 64
		keys := [2][long]byte{}
		for i := range long {
			keys[0][i], keys[1][i] = ^y[i], ^chroma[i]
		}
		d, f := open(t), raw.New(w, h) // first, as the encoder leaves rows behind as well
		src, err := jpegtest.Encode(c.form, w, h, y, chroma, chroma, 100, c.progressive)
		if err != nil {
			t.Fatal(err)
		}
		clear(y[long:])
		clear(chroma)
		if err := d.Decode(src, f); err != nil {
			t.Fatal(err)
		}
		f.Wipe()
		if at := find(t, keys[0]); at == 0 {
			t.Fatal("the search finds nothing where there is something")
		}
		clear(y)
		if c.form == "4:4:4" {
			if at := find(t, keys[1]); at == 0 {
				t.Error("the decoder's own chroma is not found")
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		for i, key := range keys {
			if at := find(t, key); at != 0 {
				t.Errorf("%s progressive=%v: plane %d is still at %x", c.form, c.progressive, i, at)
			}
		}
	}
}

// Where chroma on its way cannot be locked, the arena of the frame that it is for says so.
func TestChromaThatCannotBeLocked(t *testing.T) {
	arena := &raw.Arena{}
	defer arena.Close()
	f := arena.Frame(320, 240)
	if err := arena.Loose(); err != nil {
		t.Skip(err)
	}
	rawtest.LockNoMore(t)
	d := open(t)
	for _, form := range []string{"4:2:0", "4:2:2"} { // only the second has chroma to halve
		if err := d.Decode(encode(t, form, 320, 240, 90, false), f); err != nil {
			t.Fatal(err)
		}
		if err := arena.Loose(); (err != nil) != (form == "4:2:2") {
			t.Errorf("%s: %v", form, err)
		}
	}
}

// find looks for a row, given inverted, in all memory that this program can write to.
func find(t *testing.T, inverted [64]byte) (at int64) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	var key [64]byte
	page := make([]byte, 1<<20+64)
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		if n, _ := fmt.Sscanf(line, "%x-%x rw", &from, &to); n != 2 || !strings.Contains(line, " rw-p") || to-from > 1<<26 {
			continue // the largest are the race detector's
		}
		for ; from < to; from += 1 << 20 {
			n, err := mem.ReadAt(page[:min(to-from, int64(len(page)))], from)
			if err != nil && n == 0 {
				break
			}
			for i := range key {
				key[i] = ^inverted[i]
			}
			i := bytes.Index(page[:n], key[:])
			clear(key[:])
			if i >= 0 && at == 0 {
				at = from + int64(i)
			}
		}
	}
	clear(page)
	return at
}

func TestNoGarbage(t *testing.T) {
	d := open(t)
	for _, form := range jpegtest.Forms {
		src, f := encode(t, form, 320, 240, 85, false), raw.New(320, 240)
		if n := testing.AllocsPerRun(20, func() {
			if err := d.Decode(src, f); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a picture", form, n)
		}
	}
}

// A photo from Debian's opencv-doc, as a camera of another make would send it.
func TestPhotograph(t *testing.T) {
	for _, name := range []string{"messi5.jpg", "home.jpg", "baboon.jpg"} {
		src, err := os.ReadFile(filepath.Join("/usr/share/doc/opencv-doc/examples/data", name))
		if err != nil {
			t.Skip(err)
		}
		img, err := stdjpeg.Decode(bytes.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		f := raw.New(img.Bounds().Dx(), img.Bounds().Dy())
		if err := open(t).Decode(src, f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if far := farthest(f, img); far > 1 {
			t.Errorf("%s: a sample is %v steps from Go's", name, far)
		}
	}
}

// Whatever bytes come: a picture of exactly the frame's size or an error, and nothing is written elsewhere.
func FuzzDecode(f *testing.F) {
	for _, form := range jpegtest.Forms {
		f.Add(encode(f, form, 64, 48, 50, false))
		f.Add(encode(f, form, 64, 48, 50, true))
	}
	d, err := New()
	if err != nil {
		f.Fatal(err)
	}
	good := encode(f, "4:2:2", 64, 48, 85, false)
	const guard = 64
	mem := make([]byte, 64*48*3/2+4*guard)
	f.Fuzz(func(t *testing.T, src []byte) {
		for i := range mem {
			mem[i] = 0xa5
		}
		plane := func(at, n int) []byte { return mem[at : at+n : at+n] }
		into := &raw.Frame{Width: 64, Height: 48, Y: plane(guard, 3072), Cb: plane(2*guard+3072, 768), Cr: plane(3*guard+3840, 768)}
		err := d.Decode(src, into)
		for _, at := range []int{0, guard + 3072, 2*guard + 3840, 3*guard + 4608} {
			if !bytes.Equal(mem[at:at+guard], bytes.Repeat([]byte{0xa5}, guard)) {
				t.Fatal("bytes outside the planes were written")
			}
		}
		if err == nil {
			for i, y := range into.Y {
				if y < 16 || y > 235 {
					t.Fatalf("luma %d is %d", i, y)
				}
			}
			for i := range into.Cb {
				if into.Cb[i] < 16 || into.Cb[i] > 240 || into.Cr[i] < 16 || into.Cr[i] > 240 {
					t.Fatalf("chroma %d is %d and %d", i, into.Cb[i], into.Cr[i])
				}
			}
		}
		if err := d.Decode(good, into); err != nil {
			t.Fatalf("a good picture afterwards: %v", err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, form := range jpegtest.Forms {
		b.Run("720p "+form, func(b *testing.B) {
			d, src, f := open(b), encode(b, form, 1280, 720, 85, false), raw.New(1280, 720)
			b.ReportAllocs()
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if err := d.Decode(src, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
