// Command bench measures what redaction costs on one core, against what it is to be measured by: a plain copy of the
// same picture, and ffmpeg doing what one would otherwise do. Times are processor time, so that a busy machine
// changes little; ratios are of things measured by turns in the same run. It judges nothing.
//
// With the word film it measures nothing, and plays the scene for others to encode.
//
//	make bench, or go run ./vision/bench
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
	"vestibule/vision/scene"
)

// fps is the rate that is reckoned with.
const fps = 30

func sizes() []vision.Size {
	return []vision.Size{{Width: 1280, Height: 720}, {Width: 1920, Height: 1080}}
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "film" {
		if err := film(os.Stdout); err != nil && !errors.Is(err, syscall.EPIPE) {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	code := 0
	if err := settle(); err != nil {
		fmt.Fprintln(os.Stderr, "bench: more than one core is used:", err)
	}
	for _, part := range []func(io.Writer) error{composing, watching, replacing, reading, holding} {
		if err := part(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// inside is when the courier who came in with the first frame goes on into the interior.
const inside = 2500 * time.Millisecond

// frames takes n frames of the house. During a visit somebody goes about in the interior and the lamp blinks;
// otherwise nothing moves.
func frames(size vision.Size, n int, visit bool) ([]*raw.Frame, error) {
	source := scene.Film(1, func(at time.Duration) scene.World {
		w := scene.World{Light: 1, Power: true}
		if visit {
			w.Door, w.Inside, w.Lamp = 1, 1, at/(100*time.Millisecond)%2 == 0
		}
		return w
	})
	s, err := camera.Open(source, size.Width, size.Height, fps)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	skip := 0
	if visit {
		skip = int(inside * fps / time.Second)
	}
	all := make([]*raw.Frame, n)
	for i := range all {
		all[i] = raw.New(size.Width, size.Height)
	}
	for i := range skip + n {
		if err := s.Read(context.Background(), all[max(i-skip, 0)]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// table is text in columns: the first to the left, numbers to the right.
type table struct {
	title string
	rows  [][]string
}

func newTable(title string, columns ...string) *table { return &table{title, [][]string{columns}} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(out io.Writer) error {
	wide := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, c := range row {
			wide[i] = max(wide[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", t.title)
	for _, row := range t.rows {
		for i, c := range row {
			pad := strings.Repeat(" ", wide[i]-len([]rune(c)))
			if i == 0 {
				c += pad
			} else {
				c = "  " + pad + c
			}
			b.WriteString(c)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	_, err := io.WriteString(out, b.String())
	return err
}

func micro(d float64) string { return fmt.Sprintf("%.0f µs", d/1e3) }
func milli(d float64) string { return fmt.Sprintf("%.2f ms", d/1e6) }
