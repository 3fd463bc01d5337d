package scene

import (
	"context"
	"errors"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// errNoPower is what a source says whose camera has no power.
var errNoPower = errors.New("the camera has no power")

// drawLamp draws the challenge lamp in its box, lit or not. A lit lamp shines by itself; light, 0..1, is
// what falls on an unlit one.
func drawLamp(c *canvas, box vision.Box, lit bool, light float64) {
	x0, y0, x1, y1 := sheetBox(box)
	w, h := x1-x0, y1-y0
	if lit {
		for i := range 5 {
			k := 0.10 + 0.09*float64(i)
			c.round(flat(0xffdf9a).faint(0.07), x0-k*w, y0-k*h, x1+k*w, y1+k*h, 0.3*h)
		}
	}
	dim := func(col rgb) rgb { return mix(0, col, light) }
	c.round(flat(dim(0x3b3b3d)), x0-0.09*w, y0-0.08*h, x1+0.09*w, y1+0.08*h, 0.14*h)
	if lit {
		c.round(run(0xfff6da, 0xffe6a6, y0, y1), x0, y0, x1, y1, 0.12*h)
		return
	}
	c.round(run(dim(0x6f6a60), dim(0x5b574f), y0, y1), x0, y0, x1, y1, 0.12*h)
	c.round(flat(dim(0x8a857a)), x0+0.18*w, y0+0.12*h, x0+0.32*w, y0+0.6*h, 0.06*h)
}

// sheetBox is a box of the picture on the sheet.
func sheetBox(b vision.Box) (x0, y0, x1, y1 float64) {
	return float64(b.Min.X) * sheetWidth / vision.Unit, float64(b.Min.Y) * sheetHeight / vision.Unit,
		float64(b.Max.X) * sheetWidth / vision.Unit, float64(b.Max.Y) * sheetHeight / vision.Unit
}

// WithLamp returns a source whose pictures have the challenge lamp drawn into the given box, as footage
// cannot see the lamp on a desk. The cover and the power plug of the world work on it too; its door
// and light do not.
func WithLamp(src vision.Source, box vision.Box, world func() World) vision.Source {
	return camera.New(src.String()+" with a lamp", func(width, height, fps int) (raw.Source, error) {
		if !world().Power {
			return nil, errNoPower
		}
		inner, err := camera.Open(src, width, height, fps)
		if err != nil {
			return nil, err
		}
		return &withLamp{inner, box, world, newGrain(1)}, nil
	})
}

type withLamp struct {
	raw.Source
	box   vision.Box
	world func() World
	grain grain
}

func (l *withLamp) Read(ctx context.Context, into *raw.Frame) error {
	if err := l.Source.Read(ctx, into); err != nil {
		return err
	}
	w := l.world()
	switch {
	case !w.Power:
		return errNoPower
	case w.Covered:
		l.grain.lay(into, into.Seq, nil)
	default:
		drawLamp(newCanvas(into), l.box, w.Lamp, 1)
	}
	return nil
}
