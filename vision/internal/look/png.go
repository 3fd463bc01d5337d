// Package look turns I420 planes into pictures for people's eyes: for tests, and for tools that show
// what the redactor does. Nothing that runs on a device uses it.
package look

import (
	"image"
	"image/png"
	"os"
)

// PNG writes packed I420 planes (BT.601 limited range) to a file.
func PNG(path string, width, height int, y, cb, cr []byte) error {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for r := range height {
		for c := range width {
			l := float64(int(y[r*width+c])-16) * 255 / 219
			b := float64(int(cb[r/2*(width/2)+c/2]) - 128)
			d := float64(int(cr[r/2*(width/2)+c/2]) - 128)
			o := img.PixOffset(c, r)
			img.Pix[o] = clamp(l + 1.596*d)
			img.Pix[o+1] = clamp(l - 0.392*b - 0.813*d)
			img.Pix[o+2] = clamp(l + 2.017*b)
			img.Pix[o+3] = 255
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func clamp(v float64) byte { return byte(min(max(v+0.5, 0), 255)) }
