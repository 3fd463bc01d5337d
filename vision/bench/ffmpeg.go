package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
	"vestibule/vision/scene"
)

// blurring is what one would otherwise use: the whole picture blurred, and the zone of the clear one laid over it.
const blurring = "[0:v]split[clear][rest];[rest]boxblur=40:2[soft];[soft][clear][1:v]maskedmerge[out]"

// replacing holds composition against ffmpeg's filters on the same frames.
func replacing(out io.Writer) error {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		_, err := fmt.Fprintf(out, "ffmpeg is not here, so nothing is compared with it (scripts/setup bench brings it).\n\n")
		return err
	}
	t := newTable("Blurring by ffmpeg, -threads 1: split, boxblur=40:2, maskedmerge; user time a picture, less that of the same run without filters (wanted: at least 30 times ours)",
		"", "ffmpeg", "without filters", "filters", "compose", "ratio")
	for _, size := range sizes() {
		row, err := replace(ffmpeg, size)
		if err != nil {
			return err
		}
		t.add(row...)
	}
	return t.print(out)
}

func replace(ffmpeg string, size vision.Size) ([]string, error) {
	all, err := frames(size, many, true)
	if err != nil {
		return nil, err
	}
	red, shown, err := redactor(size, scene.Zone, true)
	if err != nil {
		return nil, err
	}
	// Frames in memory, where there is such a folder: no disk is measured.
	place := "/dev/shm"
	if _, err := os.Stat(place); err != nil {
		place = ""
	}
	dir, err := os.MkdirTemp(place, "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	film, mask := filepath.Join(dir, "film.yuv"), filepath.Join(dir, "mask.yuv")
	if err := save(film, all...); err != nil {
		return nil, err
	}
	if err := save(mask, shownIn(size, shown)); err != nil {
		return nil, err
	}
	const rounds, again = 3, 80 // the film is played so many times over
	input := func(path string) []string {
		return []string{"-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size.String(), "-r", fmt.Sprint(fps), "-i", path}
	}
	common := []string{"-nostdin", "-v", "error", "-threads", "1", "-filter_threads", "1", "-filter_complex_threads", "1", "-stream_loop", fmt.Sprint(again - 1)}
	without := append(append(common[:len(common):len(common)], input(film)...), "-map", "0:v", "-f", "null", "-")
	with := append(append(append(common[:len(common):len(common)], input(film)...), input(mask)...),
		"-filter_complex", blurring, "-map", "[out]", "-threads", "1", "-f", "null", "-")
	var theirs, plain, filters, ours, ratios []float64
	for range rounds {
		a, err := user(ffmpeg, with)
		if err != nil {
			return nil, err
		}
		b, err := user(ffmpeg, without)
		if err != nil {
			return nil, err
		}
		i := 0
		times, err := byTurns(func() { i++; red.Compose(all[i%many]) })
		if err != nil {
			return nil, err
		}
		n := float64(many * again)
		theirs, plain, filters = append(theirs, a/n), append(plain, b/n), append(filters, (a-b)/n)
		ours = append(ours, median(times[0]))
		ratios = append(ratios, filters[len(filters)-1]/ours[len(ours)-1])
	}
	return []string{size.String(), milli(median(theirs)), milli(median(plain)), milli(median(filters)), micro(median(ours)), fmt.Sprintf("%.0f", median(ratios))}, nil
}

// user runs a command and returns the user time that it took, in ns.
func user(name string, args []string) (float64, error) {
	cmd := exec.Command(name, args...)
	if said, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("ffmpeg: %w: %s", err, strings.TrimSpace(string(said)))
	}
	return float64(cmd.ProcessState.UserTime() / time.Nanosecond), nil
}

func save(path string, all ...*raw.Frame) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	for _, f := range all {
		for _, plane := range [3][]byte{f.Y, f.Cb, f.Cr} {
			if _, err := w.Write(plane); err != nil {
				file.Close()
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// shownIn is a mask as maskedmerge takes it: 255 in every plane where the clear picture shows.
func shownIn(size vision.Size, shown *zone.Blocks) *raw.Frame {
	f := raw.New(size.Width, size.Height)
	for i, plane := range [3][]byte{f.Y, f.Cb, f.Cr} {
		scale := min(i+1, 2)
		w := size.Width / scale
		for k := range plane {
			plane[k] = 0
			if shown.Shown(k%w*scale, k/w*scale) {
				plane[k] = 255
			}
		}
	}
	return f
}
