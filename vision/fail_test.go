package vision_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// film writes a video of noise in which the zone's middle is the same grey, 25 frames a second.
func film(t *testing.T, frames int) string {
	t.Helper()
	// OpenCV draws its noise for each thread from the beginning: on another thread the same pictures come again.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	path := filepath.Join(t.TempDir(), "film.avi")
	out, err := gocv.VideoWriterFile(path, "MJPG", 25, 320, 240, true)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for range frames {
		m := gocv.NewMatWithSize(240, 320, gocv.MatTypeCV8UC3)
		gocv.RandU(&m, gocv.NewScalar(0, 0, 0, 0), gocv.NewScalar(255, 255, 255, 0))
		if err := out.Write(m); err != nil {
			t.Fatal(err)
		}
		m.Close()
	}
	return path
}

// A file that is cut off in the middle, or damaged from there on, ends in glass, and the cause says where.
func TestDamagedFile(t *testing.T) {
	whole, err := os.ReadFile(film(t, 40))
	if err != nil {
		t.Fatal(err)
	}
	noise := bytes.Clone(whole)
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := len(noise) / 2; i < len(noise); i++ {
		noise[i] = byte(rnd.Uint32())
	}
	for name, data := range map[string][]byte{
		"cut off": whole[:len(whole)/2], "empty from there": append(bytes.Clone(whole[:len(whole)/2]), make([]byte, len(whole)/2)...), "noise from there": noise,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "damaged.avi")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			src, err := vision.ParseSource("file:" + path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := vision.Open(src, vision.Size{Width: 320, Height: 240}, 30, plan(vision.Frosted))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for good := 0; ; {
				_, l, err := s.Next(t.Context())
				switch {
				case err != nil:
					t.Fatal(err)
				case l.Glass == "":
					if good++; good > 30 {
						t.Fatal("it begins again as if all were well")
					}
				case l.Glass == vision.CameraFailed:
					if err := s.Trouble(); good < 5 || err == nil || !strings.Contains(err.Error(), "breaks off") {
						t.Errorf("after %d good pictures: %v", good, err)
					}
					return
				}
			}
		})
	}
}

// throwing is a source whose sixth frame makes OpenCV throw an exception of C++.
type throwing struct{ n uint64 }

func (c *throwing) Read(ctx context.Context, f *raw.Frame) error {
	if err := raw.Until(ctx, raw.Now()+40*time.Millisecond); err != nil {
		return err
	}
	c.n++
	f.Y[0] = byte(c.n)
	f.Seq, f.At = c.n, raw.Now()
	if c.n < 6 {
		return nil
	}
	m, out := gocv.NewMatWithSize(4, 4, gocv.MatTypeCV8UC1), gocv.NewMat()
	defer m.Close()
	defer out.Close()
	if err := raw.Until(ctx, raw.Now()+200*time.Millisecond); err != nil { // all before have been shown
		return err
	}
	if _, err := fmt.Println("it throws"); err != nil {
		return err
	}
	gocv.CvtColor(m, &out, gocv.ColorBGRToYUVI420) // of one channel
	return nil
}

func (c *throwing) Close() error { return nil }

// TestThrows is the program that OpenCV ends.
func TestThrows(t *testing.T) {
	if os.Getenv("VESTIBULE_THROWS") == "" {
		t.Skip("it is for TestExceptionEndsTheProgram")
	}
	src := camera.New("throwing", func(_, _, _ int) (raw.Source, error) { return &throwing{}, nil })
	s, err := vision.Open(src, vision.Size{Width: 320, Height: 240}, 30, plan(vision.Frosted))
	if err != nil {
		t.Fatal(err)
	}
	for {
		_, l, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Printf("picture %q\n", l.Glass); err != nil {
			t.Fatal(err)
		}
	}
}

// An exception of C++ cannot be caught from Go: it ends the program, and no picture comes after it.
func TestExceptionEndsTheProgram(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestThrows$")
	cmd.Env = append(os.Environ(), "VESTIBULE_THROWS=1")
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); !errors.As(err, &failed) {
		t.Fatalf("it did not end: %v", err)
	} else if text := string(failed.Stderr); !strings.Contains(text, "SIGABRT") || !strings.Contains(text, "cv::Exception") {
		t.Errorf("it did not end by an exception: %s", text)
	}
	pictures, thrown := 0, false
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		switch text := lines.Text(); {
		case text == "it throws":
			thrown = true
		case thrown:
			t.Errorf("after the exception: %s", text)
		case text == `picture ""`:
			pictures++
		}
	}
	if !thrown || pictures < 3 {
		t.Errorf("%d pictures came before, thrown: %v\n%s", pictures, thrown, out)
	}
}
