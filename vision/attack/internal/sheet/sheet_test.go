package sheet

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

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
	middle := img.At(gap+int(BlurSeen)*(tileWide+gap)+tileWide/2, head+line+tileHigh/2)
	if r, g, b, _ := middle.RGBA(); r>>8 != 255 || g>>8 != 255 || b>>8 != 255 {
		t.Errorf("in the middle of a white picture is %v: the first picture is to stay", middle)
	}
	if want := head + 2*rowHigh + gap; img.Bounds().Dy() != want {
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
	got := wrap("where the two pictures of a pair differ: white\nand more\nthan fits")
	want := []string{"where the two pictures", "of a pair differ:", "white"}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}
