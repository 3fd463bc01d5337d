package attacks

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"

	"vestibule/vision/attack/internal/room"
	"vestibule/vision/attack/internal/subject"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/x264"
)

// coded is what leaves the encoder for one delivery: its access units, one for each frame.
type coded [][]byte

func (c coded) bytes() []byte { return bytes.Join(c, nil) }

// encode gives pictures to the encoder as it is shipped, at the bit rate that eye gives it.
func encode(width, height, frames int, picture func(n int) *glass.Planes) (coded, error) {
	e, err := x264.Open(x264.Config{Width: width, Height: height, FPS: 30, Kbit: 2000})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	var out coded
	for n := range frames {
		p := picture(n)
		unit, _, err := e.Encode(p.Y, p.Cb, p.Cr)
		if err != nil {
			return nil, err
		}
		out = append(out, unit)
	}
	return out, nil
}

// decode plays access units, by FFmpeg's program. Its pictures are packed I420.
func decode(ctx context.Context, c coded, width, height int) ([]*glass.Planes, error) {
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-threads", "1", "-f", "h264", "-i", "pipe:0",
		"-f", "rawvideo", "-pix_fmt", "yuv420p", "-fps_mode", "passthrough", "pipe:1")
	cmd.Stdin = bytes.NewReader(c.bytes())
	var words strings.Builder
	cmd.Stderr = &words
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("play what was encoded, by ffmpeg (Debian's package ffmpeg): %w %s", err, words.String())
	}
	n := width * height
	if len(b) != len(c)*(n+n/2) {
		return nil, fmt.Errorf("%d access units were played as %d bytes", len(c), len(b))
	}
	var out []*glass.Planes
	for range c {
		out = append(out, &glass.Planes{Width: width, Height: height, Y: b[:n], Cb: b[n : n+n/4], Cr: b[n+n/4 : n+n/2]})
		b = b[n+n/2:]
	}
	return out, nil
}

// way is a way from a camera's frames to what a viewer is sent.
type way struct {
	name string
	open func(subject.Delivery) func(*raw.Frame) *glass.Planes
	// late hides only once the picture is encoded: the viewer's program draws the glass.
	late bool
}

// through hides before the encoder.
func through(r subject.Redaction) way {
	return way{r.Name, func(d subject.Delivery) func(*raw.Frame) *glass.Planes { return r.Open(d).Show }, false}
}

// maskAfter encodes the camera's frames as they are.
func maskAfter() way {
	return way{"mask after the encoder", func(subject.Delivery) func(*raw.Frame) *glass.Planes { return framePlanes }, true}
}

// send encodes a delivery's frames.
func (w way) send(d subject.Delivery, frames int, take func(n int, into *raw.Frame)) (coded, error) {
	show, f := w.open(d), raw.New(d.Width, d.Height)
	return encode(d.Width, d.Height, frames, func(n int) *glass.Planes {
		take(n, f)
		return show(f)
	})
}

// ring lists the hidden samples of a plane (of which one covers scale x scale pixels) that lie at most 32
// pixels from the zone, and the shown ones that lie as near to what is hidden.
func ring(w *room.World, scale int) (out, in []int) {
	const far = 32
	width, height := w.Width/scale, w.Height/scale
	near := func(x, y int, shown bool) bool {
		for dy := -far; dy <= far; dy += 16 {
			for dx := -far; dx <= far; dx += 16 {
				px, py := x*scale+dx, y*scale+dy
				if px >= 0 && py >= 0 && px < w.Width && py < w.Height && w.Zone.Shown(px, py) == shown {
					return true
				}
			}
		}
		return false
	}
	for y := range height {
		for x := range width {
			switch shown := w.Zone.Shown(x*scale, y*scale); {
			case !near(x, y, !shown):
			case shown:
				in = append(in, y*width+x)
			default:
				out = append(out, y*width+x)
			}
		}
	}
	return out, in
}
