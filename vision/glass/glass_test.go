package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gocv.io/x/gocv"

	"vestibule/vision"
	"vestibule/vision/internal/capture"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/zone"
)

const (
	w, h     = 320, 240
	size     = w * h * 3 / 2
	doorway  = "3400,500 6600,500 7000,9800 3000,9800"
	examples = "/usr/share/doc/opencv-doc/examples/data/"
)

func corners(t *testing.T, text string) []vision.Point {
	t.Helper()
	zone, err := polygon(text)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func blocks(t *testing.T) *zone.Blocks {
	t.Helper()
	b, err := zone.Shrink([][]vision.Point{corners(t, doorway)}, false, w, h)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// home writes a film: noise in the doorway from one seed, noise in the interior from another.
func home(t *testing.T, frames int, doorSeed, homeSeed uint64) string {
	t.Helper()
	door, inside := rand.New(rand.NewPCG(doorSeed, 1)), rand.New(rand.NewPCG(homeSeed, 2))
	shown := blocks(t)
	var b bytes.Buffer
	fmt.Fprintf(&b, "YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420mpeg2\n", w, h)
	for range frames {
		b.WriteString("FRAME\n")
		for _, scale := range []int{1, 2, 2} {
			for y := 0; y < h; y += scale {
				for x := 0; x < w; x += scale {
					from := inside
					if shown.Shown(x, y) {
						from = door
					}
					b.WriteByte(byte(64 + from.IntN(128)))
				}
			}
		}
	}
	return put(t, "in.y4m", b.Bytes())
}

func put(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// do runs the command on a film and returns what it wrote and what it said.
func do(t *testing.T, in, name string, flags ...string) (file []byte, out string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	var said, diag bytes.Buffer
	if code := run(t.Context(), append(flags, in, path), &said, &diag); code != 0 {
		t.Fatalf("%v ends with %d: %s", flags, code, &diag)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file, said.String()
}

// pictures takes a y4m file apart.
func pictures(t *testing.T, file []byte, width, height int, rate string) [][]byte {
	t.Helper()
	head, rest, _ := bytes.Cut(file, []byte("\n"))
	if want := fmt.Sprintf("YUV4MPEG2 W%d H%d F%s Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED", width, height, rate); string(head) != want {
		t.Fatalf("it begins with %q, want %q", head, want)
	}
	var all [][]byte
	for n := width * height * 3 / 2; len(rest) > 0; rest = rest[n:] {
		var ok bool
		if rest, ok = bytes.CutPrefix(rest, []byte("FRAME\n")); !ok || len(rest) < n {
			t.Fatalf("picture %d is cut off", len(all))
		}
		all = append(all, rest[:n])
	}
	return all
}

// What is written is what the redactor makes, to the bit.
func TestWhatTheEncoderIsGiven(t *testing.T) {
	const frames = redact.Sampled + 10
	in := home(t, frames, 1, 2)
	nonce := [16]byte{1, 2, 3}
	for _, mode := range []string{"blur", "frosted"} {
		file, _ := do(t, in, "out.y4m", "-zone", doorway, "-mode", mode, "-nonce", fmt.Sprintf("%x", nonce))
		got := pictures(t, file, w, h, "25:1")
		film, err := capture.OpenFilm(in)
		if err != nil {
			t.Fatal(err)
		}
		red := redact.New(redact.Config{Width: w, Height: h, Zone: blocks(t), Blur: mode == "blur", Nonce: nonce})
		sample := redact.NewSampler(blocks(t))
		f, n := raw.New(w, h), 0
		for ; film.Read(f) == nil; n++ {
			p := red.Compose(f)
			if want := append(append(bytes.Clone(p.Y), p.Cb...), p.Cr...); !bytes.Equal(got[n], want) {
				t.Fatalf("%s: picture %d is not the redactor's", mode, n)
			}
			if bytes.Equal(got[n][:w*h], f.Y) {
				t.Fatalf("%s: picture %d is the film's", mode, n)
			}
			if sample.Add(f) {
				red.Settle(*sample.Tint())
			}
		}
		if err := film.Close(); err != nil {
			t.Error(err)
		}
		if n != frames || len(got) != n {
			t.Errorf("%s: %d pictures of %d", mode, len(got), n)
		}
		if _, tinted := red.Tint(); tinted != (mode == "blur") {
			t.Errorf("%s: the glass has colours: %v", mode, tinted)
		}
	}
}

// Two homes that differ only inside: frosted glass is the same to the bit, in every kind of file, and blur is not.
func TestFrostedKnowsNothing(t *testing.T) {
	one, two := home(t, 5, 1, 2), home(t, 5, 1, 3)
	for _, name := range []string{"out.y4m", "out.mp4", "out.png"} {
		a, said := do(t, one, name, "-zone", doorway, "-mode", "frosted", "-nonce", strings.Repeat("5a", 16))
		b, _ := do(t, two, name, "-zone", doorway, "-mode", "frosted", "-nonce", strings.Repeat("5a", 16))
		if !bytes.Equal(a, b) {
			t.Errorf("%s: frosted glass gives the interior away", name)
		}
		if !strings.Contains(said, "colour   0 bytes") || !strings.Contains(said, "shadow   0 bytes") || !strings.Contains(said, "Nothing") {
			t.Errorf("%s: it says\n%s", name, said)
		}
		if c, _ := do(t, home(t, 5, 4, 2), name, "-zone", doorway, "-mode", "frosted", "-nonce", strings.Repeat("5a", 16)); bytes.Equal(a, c) {
			t.Errorf("%s: another doorway gives the same pictures", name)
		}
		if c, _ := do(t, one, name, "-zone", doorway, "-mode", "frosted", "-nonce", strings.Repeat("5b", 16)); bytes.Equal(a, c) {
			t.Errorf("%s: another nonce gives the same glass", name)
		}
	}
	for frames, colour := range map[int]int{redact.Sampled: 0, redact.Sampled + 1: 216} {
		_, said := do(t, home(t, frames, 1, 2), "out.y4m", "-zone", doorway)
		if !strings.Contains(said, fmt.Sprintf("colour   %d bytes", colour)) ||
			strings.Contains(said, "Nothing") != (colour == 0) || strings.Contains(said, "ends before") != (colour == 0) {
			t.Errorf("blur of %d pictures says\n%s", frames, said)
		}
	}
}

// The mp4 plays, and shows what the y4m shows but for what the encoder loses.
func TestPlays(t *testing.T) {
	in := filepath.Join(examples, "vtest.avi")
	if _, err := os.Stat(in); err != nil {
		t.Skip(err)
	}
	// Of real footage, half a minute in: 20 pictures.
	short := filepath.Join(t.TempDir(), "short.avi")
	cut(t, in, short, 300, 20)
	file, _ := do(t, short, "out.y4m", "-zone", doorway)
	want := pictures(t, file, 768, 576, "10:1")
	file, _ = do(t, short, "out.mp4", "-zone", doorway)
	c, err := gocv.VideoCaptureFile(put(t, "out.mp4", file))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m, yuv := gocv.NewMat(), gocv.NewMat()
	defer m.Close()
	defer yuv.Close()
	n := 0
	for ; c.Read(&m); n++ {
		gocv.CvtColor(m, &yuv, gocv.ColorBGRToYUVI420)
		got, err := yuv.DataPtrUint8()
		if err != nil || len(got) != len(want[n]) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		sum := 0
		for i := range got {
			sum += max(int(got[i])-int(want[n][i]), int(want[n][i])-int(got[i]))
		}
		if mean := float64(sum) / float64(len(got)); mean > 3 {
			t.Errorf("picture %d differs by %.2f steps on average", n, mean)
		}
	}
	if n != len(want) || n != 20 {
		t.Errorf("%d pictures play, %d were given to the encoder", n, len(want))
	}
}

// cut copies some pictures of a film.
func cut(t *testing.T, from, to string, first, n int) {
	t.Helper()
	c, err := gocv.VideoCaptureFile(from)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Grab(first)
	m := gocv.NewMat()
	defer m.Close()
	var out *gocv.VideoWriter
	for range n {
		if !c.Read(&m) {
			t.Fatal("the film is too short")
		}
		if out == nil {
			if out, err = gocv.VideoWriterFile(to, "MJPG", 10, m.Cols(), m.Rows(), true); err != nil {
				t.Fatal(err)
			}
			defer out.Close()
		}
		if err := out.Write(m); err != nil {
			t.Fatal(err)
		}
	}
}

// Before on the left, after on the right, for its owner's eyes alone.
func TestSideBySide(t *testing.T) {
	in := home(t, 2, 1, 2)
	file, _ := do(t, in, "out.y4m", "-zone", doorway)
	after := pictures(t, file, w, h, "25:1")
	path := filepath.Join(t.TempDir(), "both.y4m")
	var said, diag bytes.Buffer
	if code := run(t.Context(), []string{"-side", "-zone", doorway, in, path}, &said, &diag); code != 0 {
		t.Fatal(diag.String())
	}
	if !strings.Contains(diag.String(), "contains the interior") || !strings.Contains(said.String(), "is the interior itself") {
		t.Errorf("nobody is warned: %s%s", &diag, &said)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v %v", info.Mode(), err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	film, err := capture.OpenFilm(in)
	if err != nil {
		t.Fatal(err)
	}
	defer film.Close()
	f := raw.New(w, h)
	for n, both := range pictures(t, file, 2*w, h, "25:1") {
		if err := film.Read(f); err != nil {
			t.Fatal(err)
		}
		before := append(append(bytes.Clone(f.Y), f.Cb...), f.Cr...)
		var left, right []byte
		for at, wide := 0, 2*w; at < len(both); at += wide {
			if at >= 2*w*h {
				wide = w
			}
			left, right = append(left, both[at:at+wide/2]...), append(right, both[at+wide/2:at+wide]...)
		}
		if !bytes.Equal(left, before) || !bytes.Equal(right, after[n]) {
			t.Errorf("picture %d: left is the film's %v, right the redactor's %v", n, bytes.Equal(left, before), bytes.Equal(right, after[n]))
		}
	}
}

func TestStills(t *testing.T) {
	for _, c := range []struct {
		name          string
		flags         []string
		width, height int
		note          string
	}{
		{"messi5.jpg", nil, 548, 342, ""},
		{"orange.jpg", []string{"-size", "320x240"}, 320, 240, "cut at the middle"},
		{"home.jpg", []string{"-side"}, 1024, 384, ""},
	} {
		in := filepath.Join(examples, c.name)
		if _, err := os.Stat(in); err != nil {
			t.Skip(err)
		}
		path := filepath.Join(t.TempDir(), "out.png")
		var said, diag bytes.Buffer
		if code := run(t.Context(), append(c.flags, "-zone", doorway, in, path), &said, &diag); code != 0 {
			t.Fatalf("%s: %s", c.name, &diag)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(file)
		file.Close()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := img.Bounds(); got.Dx() != c.width || got.Dy() != c.height {
			t.Errorf("%s became %v", c.name, got)
		}
		if !strings.Contains(diag.String(), c.note) || !strings.Contains(said.String(), "pictures   1 of ") ||
			!strings.Contains(said.String(), "colour   216 bytes") {
			t.Errorf("%s: it says %s%s", c.name, &diag, &said)
		}
	}
	// A still is a film of one picture, too.
	if _, err := os.Stat(filepath.Join(examples, "home.jpg")); err == nil {
		file, _ := do(t, filepath.Join(examples, "home.jpg"), "out.y4m", "-zone", doorway)
		if n := len(pictures(t, file, 512, 384, "1:1")); n != 1 {
			t.Errorf("%d pictures", n)
		}
	}
}

// What a device would not show is not shown here: the same reasons, the same glass.
func TestGlassAndWhy(t *testing.T) {
	in := home(t, 3, 1, 2)
	full := redact.New(redact.Config{Width: w, Height: h}).Full()
	want := append(append(bytes.Clone(full.Y), full.Cb...), full.Cr...)
	for _, c := range []struct {
		reason vision.Reason
		flags  []string
	}{
		{vision.ZoneMissing, nil},
		{vision.ZoneInvalid, []string{"-zone", "0,0 9000,9000 9000,0 0,9000"}},
		{vision.ZoneInvalid, []string{"-zone", "0,0 10,0 10,10"}},
		{vision.ZoneInvalid, []string{"-zone", "-5,0 5000,0 5000,5000"}},
		{vision.ZoneTooLarge, []string{"-zone", "0,0 10000,0 10000,10000 0,10000"}},
	} {
		path := filepath.Join(t.TempDir(), "out.y4m")
		var said, diag bytes.Buffer
		if code := run(t.Context(), append(c.flags, in, path), &said, &diag); code != 0 {
			t.Fatal(diag.String())
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n, p := range pictures(t, file, w, h, "25:1") {
			if !bytes.Equal(p, want) {
				t.Errorf("%v: picture %d is not all glass", c.flags, n)
			}
		}
		if !strings.Contains(said.String(), fmt.Sprintf("3 of them: %s\n", c.reason)) || !strings.Contains(said.String(), "colour   0 bytes") ||
			!strings.Contains(diag.String(), "as on a device") {
			t.Errorf("%v: it says %s%s", c.flags, &diag, &said)
		}
	}
	_, said := do(t, in, "out.y4m", "-large", "-zone", "0,0 10000,0 10000,10000 0,10000")
	if !strings.Contains(said, "all glass  none of them") || !strings.Contains(said, "100.0 %") {
		t.Errorf("with -large:\n%s", said)
	}
	_, said = do(t, in, "out.y4m", "-zone", "0,0 2000,0 2000,2000 0,2000", "-zone", "5000,5000 7000,5000 7000,7000 5000,7000")
	if !strings.Contains(said, "zone       20 blocks") {
		t.Errorf("with two zones:\n%s", said)
	}
}

func TestRefusals(t *testing.T) {
	in := home(t, 1, 1, 2)
	text := put(t, "text.avi", []byte(strings.Repeat("this is no video\n", 100)))
	wide := put(t, "wide.png", black(t, 3000, 200))
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken.y4m")
	if err := os.Mkdir(taken, 0o700); err != nil {
		t.Fatal(err)
	}
	nothing := put(t, "nothing.png", []byte("hello\n"))
	huge, long := put(t, "huge.png", header(40000, 30000)), put(t, "long.png", header(1<<21, 2))
	for _, c := range []struct {
		args string
		code int
		said string
	}{
		{"", 2, "two names"},
		{"in.y4m", 2, "two names"},
		{in + " out.mkv", 2, ".y4m, .mp4 or .png"},
		{in + " out.y4m -side", 2, "after the flags"},
		{"-zone 0.1,0.2 " + in + " out.y4m", 2, "whole numbers"},
		{"-zone 1,2,3 " + in + " out.y4m", 2, "no corner"},
		{"-zone 100 " + in + " out.y4m", 2, "no corner"},
		{"-mode clear " + in + " out.y4m", 2, "blur or frosted"},
		{"-nonce 1234 " + in + " out.y4m", 2, "32 hexadecimal"},
		{"-nonce zz345678901234567890123456789012 " + in + " out.y4m", 2, "32 hexadecimal"},
		{"-size 641x480 " + in + " out.y4m", 2, "have to be even"},
		{"-size 64x48 " + in + " out.y4m", 2, "320x240 to 1920x1080"},
		{"-size big " + in + " out.y4m", 2, "1280x720"},
		{"-visit 5s " + in + " out.y4m", 2, "-shadow"},
		{"-shadow -visit -5s " + in + " out.y4m", 2, "-visit"},
		{"-seed 5 " + in + " out.y4m", 2, "not defined"},
		{filepath.Join(dir, "none.avi") + " out.y4m", 1, "no such file"},
		{dir + " out.y4m", 1, "is no file"},
		{text + " out.y4m", 1, "no video or picture"},
		{wide + " out.png", 1, "-size"},
		{nothing + " out.png", 1, "no video or picture"},
		{"-size 320x240 " + nothing + " out.png", 1, "no video or picture"},
		{huge + " out.png", 1, "40000x30000 pixels, more than can be redacted"},
		{"-size 640x480 " + huge + " out.png", 1, "more than can be redacted"},
		{long + " out.png", 1, "more than can be redacted"},
		{"-f " + in + " " + taken, 1, "is no file that can be overwritten"},
		{in + " " + filepath.Join(dir, "none", "out.y4m"), 1, "no such file"},
		{in + " " + in, 1, "is the film itself"},
		{"-f " + in + " " + in, 1, "is the film itself"},
	} {
		t.Chdir(t.TempDir())
		var said, diag bytes.Buffer
		code := run(t.Context(), strings.Fields(c.args), &said, &diag)
		all := strings.Split(strings.TrimSpace(diag.String()), "\n")
		if code != c.code || !strings.Contains(diag.String(), c.said) || code == 1 && !strings.Contains(all[len(all)-1], c.said) {
			t.Errorf("%q ends with %d and says %s", c.args, code, &diag)
		}
		if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
			t.Errorf("%q leaves %v behind, %v", c.args, left, err)
		}
	}
	var said, diag bytes.Buffer
	if code := run(t.Context(), []string{"-h"}, &said, &diag); code != 0 || !strings.Contains(said.String(), "-nonce") ||
		!strings.Contains(said.String(), "-mode blur|frosted") {
		t.Errorf("-h ends with %d and says %s", code, &said)
	}
}

// header is the beginning of a PNG of this size (its signature and its IHDR, PNG specification 5.2 and 11.2.2).
func header(width, height uint32) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

func black(t *testing.T, width, height int) []byte {
	t.Helper()
	m := gocv.NewMatWithSize(height, width, gocv.MatTypeCV8UC3)
	defer m.Close()
	b, err := gocv.IMEncode(gocv.PNGFileExt, m)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	return bytes.Clone(b.GetBytes())
}

// A file that is there is overwritten only when that was asked for, and then only by a whole one.
func TestOverwriting(t *testing.T) {
	in, dir := home(t, 2, 1, 2), t.TempDir()
	out := filepath.Join(dir, "out.y4m")
	holds := func(want string) {
		t.Helper()
		b, err := os.ReadFile(out)
		if err != nil || !strings.HasPrefix(string(b), want) {
			t.Errorf("it holds %.20q, %v; want %q", b, err, want)
		}
		if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
			t.Errorf("there are %v, %v", all, err)
		}
	}
	if err := os.WriteFile(out, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said, diag bytes.Buffer
	if code := run(t.Context(), []string{"-zone", doorway, in, out}, &said, &diag); code != 1 || !strings.Contains(diag.String(), "-f") {
		t.Errorf("it ends with %d and says %s", code, &diag)
	}
	holds("precious")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if code := run(stopped, []string{"-f", "-zone", doorway, in, out}, &said, &diag); code != 1 || !strings.Contains(diag.String(), "stopped") {
		t.Errorf("stopped, it ends with %d and says %s", code, &diag)
	}
	holds("precious")
	if code := run(t.Context(), []string{"-f", "-zone", doorway, in, out}, &said, &diag); code != 0 {
		t.Errorf("with -f: %s", &diag)
	}
	holds("YUV4MPEG2")
}

func TestStoppedLeavesNothing(t *testing.T) {
	in, dir := home(t, 2, 1, 2), t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, name := range []string{"out.y4m", "out.mp4", "out.png"} {
		var said, diag bytes.Buffer
		if code := run(ctx, []string{"-zone", doorway, in, filepath.Join(dir, name)}, &said, &diag); code != 1 {
			t.Errorf("%s: it ends with %d", name, code)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left, %v", name, err)
		}
	}
}

// part is the beginning of real footage.
func part(t *testing.T, path string, n int) string {
	t.Helper()
	b, err := os.ReadFile(examples + "vtest.avi")
	if err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(path, b[:n], 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// With -f nothing is overwritten but OUT, whatever the film is called.
func TestOverwritingKeepsTheFilm(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.y4m")
	in := out + ".part"
	film, err := os.ReadFile(home(t, 2, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // where there is no OUT yet, and where there is one
		if err := os.WriteFile(in, film, 0o600); err != nil {
			t.Fatal(err)
		}
		var said, diag bytes.Buffer
		if code := run(t.Context(), []string{"-f", "-zone", doorway, in, out}, &said, &diag); code != 0 {
			t.Fatal(diag.String())
		}
		if b, err := os.ReadFile(in); err != nil || !bytes.Equal(b, film) {
			t.Errorf("the film is gone: %v", err)
		}
		if all, err := os.ReadDir(dir); err != nil || len(all) != 2 {
			t.Errorf("there are %v, %v", all, err)
		}
		if err := os.Chmod(out, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	var said, diag bytes.Buffer
	for _, c := range []struct {
		flags []string
		want  fs.FileMode
	}{{[]string{"-f"}, 0o640}, {[]string{"-f", "-side"}, 0o600}} {
		if code := run(t.Context(), append(c.flags, "-zone", doorway, in, out), &said, &diag); code != 0 {
			t.Fatal(diag.String())
		}
		if info, err := os.Stat(out); err != nil || info.Mode().Perm() != c.want {
			t.Errorf("%v: overwritten, it is %v, %v; want %v", c.flags, info.Mode(), err, c.want)
		}
	}
}

// Of a film that breaks off it is said where, and what there was of it is kept.
func TestBrokenOff(t *testing.T) {
	dir := t.TempDir()
	in, out := part(t, filepath.Join(dir, "in.avi"), 300000), filepath.Join(dir, "out.y4m")
	var said, diag bytes.Buffer
	code := run(t.Context(), []string{"-zone", doorway, in, out}, &said, &diag)
	file, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	n := len(pictures(t, file, 768, 576, "10:1"))
	if n < 5 || code != 1 || !strings.Contains(diag.String(), fmt.Sprintf("breaks off after %d of 795 pictures", n)) ||
		!strings.Contains(said.String(), fmt.Sprintf("pictures   %d of ", n)) {
		t.Errorf("%d pictures, it ends with %d and says %s%s", n, code, &diag, &said)
	}
	diag.Reset()
	if code := run(t.Context(), []string{"-zone", doorway, in, filepath.Join(dir, "out.png")}, &said, &diag); code != 0 {
		t.Errorf("the first picture is there, and it ends with %d: %s", code, &diag)
	}
}

// A film of uneven pace becomes one of the same length: what it shows for longer is written more often.
func TestUnevenFilm(t *testing.T) {
	in := filepath.Join(t.TempDir(), "uneven.mkv")
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=2",
		"-vf", `select=lt(n\,13)+not(mod(n\,4))`, "-fps_mode", "vfr", "-c:v", "mjpeg", in)
	if err := cmd.Run(); err != nil {
		t.Skip(err)
	}
	for _, side := range []string{"-side=false", "-side"} {
		wide := w
		if side == "-side" {
			wide = 2 * w
		}
		file, said := do(t, in, "out.y4m", side, "-zone", doorway)
		got := pictures(t, file, wide, h, "25:1")
		if len(got) != 49 || !strings.Contains(said, "pictures   22 of 320x240, 1.96s of film") {
			t.Errorf("%d pictures, and it says %s", len(got), said)
		}
		for n := 1; n < len(got); n++ {
			if again := bytes.Equal(got[n], got[n-1]); again != (n > 12 && n%4 != 0) {
				t.Errorf("%s: picture %d is the last one again: %v", side, n, again)
			}
		}
	}
}

// What is no file is not waited for.
func TestPipe(t *testing.T) {
	in := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(in, 0o600); err != nil {
		t.Fatal(err)
	}
	var said, diag bytes.Buffer
	if code := run(t.Context(), []string{in, filepath.Join(t.TempDir(), "out.png")}, &said, &diag); code != 1 || !strings.Contains(diag.String(), "is no file") {
		t.Errorf("it ends with %d and says %s", code, &diag)
	}
}
