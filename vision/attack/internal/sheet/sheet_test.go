package sheet

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestibule/vision/attack/internal/font"
	"vestibule/vision/internal/glass"
)

func TestSheet(t *testing.T) {
	s := New()
	s.Title("R1", "left or right")
	white := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	s.Put("R1", Picture{Column: BlurSeen, Caption: "one\ntwo", Image: white})
	s.Put("R1", Picture{Column: BlurSeen, Caption: "later", Image: image.NewGray(image.Rect(0, 0, 8, 8))})
	s.Put("R2", Picture{Column: Truth, Image: image.NewGray(image.Rect(0, 0, 3000, 20))})
	path := filepath.Join(t.TempDir(), "sheet.png")
	if err := s.PNG(path); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	middle := img.At(left(BlurSeen)+tileWide/2, head+line+tileHigh/2)
	if r, g, b, _ := middle.RGBA(); r>>8 != 255 || g>>8 != 255 || b>>8 != 255 {
		t.Errorf("in the middle of a white picture is %v: the first picture is to stay", middle)
	}
	bare := line + tileHigh + gap/2 + 2*gap // of two rows, one has a caption of two lines
	if want := head + 2*bare + 2*line; img.Bounds().Dy() != want {
		t.Errorf("%d high, want %d", img.Bounds().Dy(), want)
	}
}

func TestColours(t *testing.T) {
	p := glass.NewPlanes(2, 2)
	copy(p.Y, []byte{16, 235, 81, 81})
	p.Cb[0], p.Cr[0] = 128, 128
	img := I420(p)
	for x, want := range []color.RGBA{{0, 0, 0, 255}, {255, 255, 255, 255}} {
		if got := img.At(x, 0); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	p.Cb[0], p.Cr[0] = 90, 240
	if r, g, b, _ := I420(p).At(0, 1).RGBA(); r>>8 < 245 || g>>8 > 10 || b>>8 > 10 {
		t.Errorf("red is %d %d %d", r>>8, g>>8, b>>8)
	}
}

func TestCaptionsAreBroken(t *testing.T) {
	for text, want := range map[string][]string{
		"":           nil,
		" \n":        nil,
		"one\n\ntwo": {"one", "two"},
		"where the two pictures of a pair differ: white\nand more\nthan three lines": {
			"where the two pictures", "of a pair differ:", "white", "and more", "than three lines",
		},
		"told from right in 49\u00a0%":      {"told from right in", "49\u00a0%"},
		"moving mosaic of 10 px":            {"moving mosaic of 10 px"}, // as wide as a picture
		"moving mosaics of 10 px":           {"moving mosaics of 10", "px"},
		"a " + strings.Repeat("w", 24):      {"a", strings.Repeat("w", 22), "ww"},
		"R\u00b2\u00b2\u00b2 of all twenty": {"R\u00b2\u00b2\u00b2 of all twenty"},
	} {
		got := wrap(text, tileWide)
		if !slices.Equal(got, want) {
			t.Errorf("%q is broken as %q, want %q", text, got, want)
		}
		for _, l := range got {
			if point*font.Width(l) > tileWide {
				t.Errorf("%q is wider than a picture", l)
			}
		}
	}
}

// No caption, however long, and no words reach another picture's column or another row.
func TestWordsStayInTheirPlace(t *testing.T) {
	long := strings.Repeat("letters that go on and on ", 6)
	s := New()
	s.Put("R1", Picture{Column: BlurSeen, Caption: long, Words: long})
	s.Put("R2", Picture{Column: Truth})
	img := s.Draw()
	cell := image.Rect(left(BlurSeen), head+line, left(BlurGuess)-gap, head+s.rows[0].high()-gap)
	inked := 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if img.At(x, y) != white {
				continue
			}
			if inked++; !image.Pt(x, y).In(cell) {
				t.Fatalf("there is ink at %d, %d, outside %v", x, y, cell)
			}
		}
	}
	if inked == 0 {
		t.Error("nothing is written")
	}
}

// Words in the place of a picture are drawn, and over one too.
func TestWordsAreDrawn(t *testing.T) {
	for _, under := range []image.Image{nil, image.NewGray(image.Rect(0, 0, 8, 6))} {
		s := New()
		s.Put("R1", Picture{Column: Truth, Words: "no pixel differs", Image: under})
		img := s.Draw()
		n := 0
		for y := head + line; y < head+line+tileHigh; y++ {
			for x := left(Truth); x < left(Truth)+tileWide; x++ {
				if img.At(x, y) == white {
					n++
				}
			}
		}
		if n < 100 {
			t.Errorf("%d pixels of words over %v", n, under)
		}
	}
}

func TestPair(t *testing.T) {
	a, b := image.NewGray(image.Rect(0, 0, 4, 3)), image.NewGray(image.Rect(10, 10, 14, 13))
	for i := range b.Pix {
		b.Pix[i] = 255
	}
	img := Pair(a, b)
	last := img.Bounds().Max
	if r, _, _, _ := img.At(0, 0).RGBA(); r != 0 {
		t.Error("the first is not on the left")
	}
	if r, _, _, _ := img.At(last.X-1, last.Y-1).RGBA(); r>>8 != 255 {
		t.Error("the second is not on the right")
	}
}
