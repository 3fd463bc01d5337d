package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/capture"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/sealed"
	"vestibule/vision/scene"
)

// walk writes a film of the drawn house: a courier comes and goes on into the interior.
func walk(t *testing.T, frames int) string {
	t.Helper()
	s, err := camera.Open(scene.Film(1, func(time.Duration) scene.World {
		return scene.World{Door: 1, Light: 1, Power: true, Inside: 1}
	}), w, h, 25)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b bytes.Buffer
	fmt.Fprintf(&b, "YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420mpeg2\n", w, h)
	f := raw.New(w, h)
	for range frames {
		if err := s.Read(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		b.WriteString("FRAME\n")
		for _, plane := range [3][]byte{f.Y, f.Cb, f.Cr} {
			b.Write(plane)
		}
	}
	return put(t, "walk.y4m", b.Bytes())
}

// handed is a film as a camera that gives a frame only when the one before has been shown.
type handed struct {
	film  *capture.Film
	start time.Duration
	shown chan struct{}
}

func (c *handed) Read(ctx context.Context, into *raw.Frame) error {
	select {
	case <-c.shown:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := c.film.Read(into)
	into.At += c.start
	return err
}

func (c *handed) Close() error { return c.film.Close() }

// The command gives the very pictures that a Sight gives of the same film, with a gate that settles at once, and
// counts the same bytes.
func TestAsASight(t *testing.T) {
	const frames, visit = 115, 40
	in := walk(t, frames)
	for _, c := range []struct {
		mode   vision.Mode
		shadow bool
	}{
		{vision.Blur, true}, {vision.Frosted, false},
	} {
		name := fmt.Sprintf("%s, shadow %v", c.mode, c.shadow)
		flags := []string{"-zone", doorway, "-mode", string(c.mode), "-nonce", strings.Repeat("07", 16)}
		if c.shadow {
			flags = append(flags, "-shadow", "-visit", fmt.Sprint(visit*40*time.Millisecond))
		}
		file, said := do(t, in, "out.y4m", flags...)
		want := pictures(t, file, w, h, "25:1")

		shown := make(chan struct{}, 1)
		src := camera.New("handed", func(_, _, _ int) (raw.Source, error) {
			film, err := capture.OpenFilm(in)
			return &handed{film, raw.Now(), shown}, err
		})
		s, err := vision.Open(src, vision.Size{Width: w, Height: h}, 25, vision.Plan{
			Zones: [][]vision.Point{corners(t, doorway)}, Mode: c.mode, Shadow: c.shadow, Nonce: [16]byte(bytes.Repeat([]byte{7}, 16)),
		})
		if err != nil {
			t.Fatal(err)
		}
		var l vision.Look
		for n := range frames {
			s.Visit(n >= visit)
			shown <- struct{}{}
			var r vision.Redacted
			if r, l, err = s.Next(t.Context()); err != nil || l.Glass != "" {
				t.Fatalf("%s: picture %d: %v, %s", name, n, err, l.Glass)
			}
			y, cb, cr := sealed.Planes(r.Sealed())
			if got := append(append(bytes.Clone(y), cb...), cr...); !bytes.Equal(got, want[n]) {
				t.Fatalf("%s: picture %d is not what a Sight gives", name, n)
			}
			if l.Tint != nil {
				s.Settle(*l.Tint)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if !strings.Contains(said, fmt.Sprintf("colour   %d bytes", l.Colour)) || !strings.Contains(said, fmt.Sprintf("shadow   %d bytes", l.Shadow)) {
			t.Errorf("%s: a Sight gives away %d and %d bytes; it says\n%s", name, l.Colour, l.Shadow, said)
		}
		if (l.Shadow > 0) != c.shadow || (l.Colour > 0) != (c.mode == vision.Blur) {
			t.Errorf("%s: %d bytes of colour and %d of shadow were given away", name, l.Colour, l.Shadow)
		}
	}
}

// A stream that changes its size, of which OpenCV gives the last picture over and over, and one that does not change.
func TestFilmsThatStandStill(t *testing.T) {
	// OpenCV draws its noise for each thread from the beginning: on another thread the same pictures come again.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var changing, same []byte
	for n := range 60 { // 25 a second
		width, height := 320, 240
		if n >= 20 {
			width, height = 480, 320
		}
		m := gocv.NewMatWithSize(height, width, gocv.MatTypeCV8UC3)
		gocv.RandU(&m, gocv.NewScalar(0, 0, 0, 0), gocv.NewScalar(255, 255, 255, 0))
		jpeg, err := gocv.IMEncode(gocv.JPEGFileExt, m)
		if err != nil {
			t.Fatal(err)
		}
		changing = append(changing, jpeg.GetBytes()...)
		if n == 0 {
			same = bytes.Repeat(jpeg.GetBytes(), 40)
		}
		jpeg.Close()
		m.Close()
	}
	for _, c := range []struct {
		name   string
		stream []byte
		glass  int // 13 pictures of the same may come within half a second
	}{{"changing", changing, 60 - 19 - 13}, {"same", same, 40 - 13}} {
		_, said := do(t, put(t, "stream.mjpeg", c.stream), "out.y4m", "-zone", doorway)
		if !strings.Contains(said, fmt.Sprintf("%d of them: %s", c.glass, vision.CameraStalled)) {
			t.Errorf("%s: it says\n%s", c.name, said)
		}
	}
}
