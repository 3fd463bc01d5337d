package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"vestibule/hub/pass"
)

// frame is the owner's picture as the page's own video element shows it, in the stream's
// size: what the browser decoded, not what anybody meant to send.
func (p *person) frame() *image.NRGBA {
	p.t.Helper()
	var url string
	p.eval(`(() => { const v = document.querySelector('[data-testid="video"]'); const c = document.createElement('canvas');
		c.width = v.videoWidth; c.height = v.videoHeight; c.getContext('2d').drawImage(v, 0, 0); return c.toDataURL('image/png'); })()`, &url)
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(url, "data:image/png;base64,"))
	if err != nil {
		p.t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		p.t.Fatalf("the picture cannot be read: %v", err)
	}
	out := image.NewNRGBA(img.Bounds())
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}

// luma of a pixel, 0 to 255.
func luma(m *image.NRGBA, x, y int) int {
	return int(color.GrayModel.Convert(m.NRGBAAt(x, y)).(color.Gray).Y)
}

// region says which pixels to look at.
type region func(x, y int) bool

// inside is a polygon in 1/pass.Unit of the picture, grown by a margin in pixels (shrunk
// when the margin is negative).
func inside(m *image.NRGBA, corners []pass.Point, margin int) region {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	in := func(x, y int) bool {
		odd := false
		for i, a := range corners {
			b := corners[(i+1)%len(corners)]
			ax, ay := float64(a.X)*float64(w)/pass.Unit, float64(a.Y)*float64(h)/pass.Unit
			bx, by := float64(b.X)*float64(w)/pass.Unit, float64(b.Y)*float64(h)/pass.Unit
			px, py := float64(x)+.5, float64(y)+.5
			if (ay > py) != (by > py) && px < ax+(py-ay)/(by-ay)*(bx-ax) {
				odd = !odd
			}
		}
		return odd
	}
	near := func(x, y int) bool {
		d := max(margin, -margin)
		for _, o := range [][2]int{{0, 0}, {d, 0}, {-d, 0}, {0, d}, {0, -d}, {d, d}, {-d, d}, {d, -d}, {-d, -d}} {
			if in(x+o[0], y+o[1]) == (margin >= 0) {
				return true
			}
		}
		return false
	}
	if margin >= 0 {
		return near
	}
	return func(x, y int) bool { return !near(x, y) }
}

func not(r region) region { return func(x, y int) bool { return !r(x, y) } }

func rect(m *image.NRGBA, low, high pass.Point) region {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	return func(x, y int) bool {
		return x >= low.X*w/pass.Unit && x < high.X*w/pass.Unit && y >= low.Y*h/pass.Unit && y < high.Y*h/pass.Unit
	}
}

// edges is the share, in percent, of a region's pixels with a step of more than limit to
// the pixel two to the right or two below: printed letters are full of them, glass has none.
func edges(m *image.NRGBA, r region, limit int) float64 {
	steps, all := 0, 0
	for y := range m.Bounds().Dy() - 2 {
		for x := range m.Bounds().Dx() - 2 {
			if !r(x, y) || !r(x+2, y) || !r(x, y+2) {
				continue
			}
			all++
			c := luma(m, x, y)
			if abs(c-luma(m, x+2, y)) > limit || abs(c-luma(m, x, y+2)) > limit {
				steps++
			}
		}
	}
	if all == 0 {
		return -1
	}
	return 100 * float64(steps) / float64(all)
}

// changed is the share, in percent, of a region's pixels that differ by more than limit.
func changed(a, b *image.NRGBA, r region, limit int) float64 {
	n, all := 0, 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if !r(x, y) {
				continue
			}
			all++
			if abs(luma(a, x, y)-luma(b, x, y)) > limit {
				n++
			}
		}
	}
	if all == 0 {
		return -1
	}
	return 100 * float64(n) / float64(all)
}

func abs(n int) int { return max(n, -n) }

// atLeast and atMost say what was measured when it is not as it should be.
func atLeast(what string, got, want float64) error {
	if got < want {
		return fmt.Errorf("%s: %.2f %%, want at least %.2f %%", what, got, want)
	}
	return nil
}

func atMost(what string, got, want float64) error {
	if got > want {
		return fmt.Errorf("%s: %.2f %%, want at most %.2f %%", what, got, want)
	}
	return nil
}
