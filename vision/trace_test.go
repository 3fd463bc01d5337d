package vision_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"vestibule/vision"
	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/capture"
	"vestibule/vision/internal/raw"

	"gocv.io/x/gocv"
)

// run is how long a piece of a picture is that is looked for, in bytes.
const run = 16

// needles are pieces of an interior in the forms that a program may hold them in. All of one form begin with the
// same mark, which is quickly looked for.
type needles struct {
	marks map[string][]byte // by form
	known map[[run]byte]bool
}

// scan looks through all of a process's memory that can have been written to. It returns how often each form was
// found, and where.
func (n *needles) scan(t *testing.T, pid int) (found map[string]int, where []string) {
	t.Helper()
	open := func(name string) *os.File {
		f, err := os.Open(fmt.Sprintf("/proc/%d/%s", pid, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	mem, pages := open("mem"), open("pagemap")
	found = map[string]int{}
	total, page := 0, int64(os.Getpagesize())
	buf, there := make([]byte, 256*page), make([]byte, 8*256)
	for maps := bufio.NewScanner(open("maps")); maps.Scan(); {
		var from, to int64
		var perm string
		// Not what is read only and from a file, nor the race detector's own, which is far larger than any memory.
		if k, _ := fmt.Sscanf(maps.Text(), "%x-%x %s", &from, &to, &perm); k != 3 || perm[:2] != "rw" || to-from > 1<<32 {
			continue
		}
		for at := from; at < to; at += int64(len(buf)) - page { // pieces may lie across a border
			if k, err := pages.ReadAt(there, at/page*8); k < len(there) && err != io.EOF {
				t.Fatal(err)
			}
			if !inMemory(there[:8*min(256, (to-at)/page)]) {
				continue
			}
			got, _ := mem.ReadAt(buf[:min(int64(len(buf)), to-at)], at)
			total += got
			for form, mark := range n.marks {
				for i := 0; ; i++ {
					k := bytes.Index(buf[i:got], mark)
					if k < 0 || i+k+run > got {
						break
					}
					if i += k; n.known[[run]byte(buf[i:])] {
						found[form]++
						where = append(where, fmt.Sprintf("%s at %x in %s", form, at+int64(i), maps.Text()))
					}
				}
			}
		}
	}
	if total < 10<<20 {
		t.Fatalf("only %d bytes were looked through", total)
	}
	return found, where[:min(len(where), 10)]
}

// inMemory reports whether any page is in memory or swapped, by its entry in the pagemap (proc(5)).
func inMemory(entries []byte) bool {
	for i := 7; i < len(entries); i += 8 {
		if entries[i]>>6 != 0 {
			return true
		}
	}
	return false
}

const (
	dyeW, dyeH       = 640, 480
	doorFrom, doorTo = 200, 440 // the zone's columns
)

// mark is how each piece of the interior begins that is looked for, in luma.
type mark [6]byte

// pieces is where the pieces of row y lie, left and right of the doorway.
func pieces(y int) [2]int { return [2]int{10 + y%100, doorTo + 10 + y%100} }

// dye is an interior that nobody else has: its luma, row by row.
func dye() ([]byte, mark) {
	rnd := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	grey := func(b []byte) {
		for i := range b {
			b[i] = byte(40 + rnd.IntN(170))
		}
	}
	out, m := make([]byte, dyeW*dyeH), mark{}
	grey(out)
	grey(m[:])
	for y := range dyeH {
		for _, x := range pieces(y) {
			copy(out[y*dyeW+x:], m[:])
		}
	}
	return out, m
}

// y4m writes a film whose rows are drawn by draw, in grey and without any loss.
func y4m(t *testing.T, path string, w, h, frames int, draw func(row []byte, frame, y int)) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	put := func(b []byte) {
		if _, err := f.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	put(fmt.Appendf(nil, "YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420jpeg\n", w, h))
	row, grey := make([]byte, w), make([]byte, w*h/2)
	for i := range grey {
		grey[i] = 128
	}
	for n := range frames {
		put([]byte("FRAME\n"))
		for y := range h {
			draw(row, n, y)
			put(row)
		}
		put(grey)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// tables tells what becomes of each luma on the way through OpenCV: in its BGR, and in our planes.
func tables(t *testing.T) (bgr, luma [256]byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ramp.y4m")
	y4m(t, path, dyeW, dyeH, 2, func(row []byte, _, y int) {
		for x := range row {
			row[x] = byte(y / 2)
		}
	})
	c, err := gocv.VideoCaptureFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := gocv.NewMat()
	defer m.Close()
	if !c.Read(&m) {
		t.Fatal("the ramp cannot be read")
	}
	f := raw.New(dyeW, dyeH)
	src, err := camera.Open(capture.File(path), dyeW, dyeH, 25)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := src.Read(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	for v := range dyeH / 2 {
		// The second of the two rows: what is between rows of another grey is not asked.
		bgr[v], luma[v] = m.GetUCharAt(2*v+1, 3*300), f.Y[(2*v+1)*dyeW+300]
	}
	return bgr, luma
}

// The program that is looked through: it opens a Sight, and closes it when it is told to.
func TestTraced(t *testing.T) {
	path := os.Getenv("VESTIBULE_TRACED")
	if path == "" {
		t.Skip("it is for TestNothingIsLeftInMemory")
	}
	src, err := vision.ParseSource("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	p := plan(vision.Blur)
	p.Shadow = true
	const left, right = doorFrom * vision.Unit / dyeW, doorTo * vision.Unit / dyeW
	p.Zones = [][]vision.Point{{{X: left, Y: 0}, {X: right, Y: 0}, {X: right, Y: vision.Unit}, {X: left, Y: vision.Unit}}}
	s, err := vision.Open(src, vision.Size{Width: dyeW, Height: dyeH}, 25, p)
	if err != nil {
		t.Fatal(err)
	}
	s.Visit(true)
	for shown := 0; shown < 30; {
		_, l, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if l.Glass == "" {
			shown++
		}
		if l.Tint != nil {
			s.Settle(*l.Tint)
		}
	}
	orders := bufio.NewScanner(os.Stdin)
	tell := func(what string) {
		if _, err := fmt.Fprintln(os.Stdout, what); err != nil {
			t.Fatal(err)
		}
		orders.Scan()
	}
	tell("open")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tell("closed")
	runtime.KeepAlive(s)
}

// through is what a table makes of a row, each value so many times.
func through(row []byte, table *[256]byte, times int) (out []byte) {
	for _, v := range row {
		for range times {
			out = append(out, table[v])
		}
	}
	return out
}

// After a Sight is closed nothing of the interior is to be found in the process: not in our frames, not in what
// OpenCV and FFmpeg have had. While it is open, it is found in all of them.
func TestNothingIsLeftInMemory(t *testing.T) {
	bgr, luma := tables(t)
	interior, m := dye()
	path := filepath.Join(t.TempDir(), "dye.y4m")
	y4m(t, path, dyeW, dyeH, 20, func(row []byte, n, y int) {
		copy(row, interior[y*dyeW:])
		for x := doorFrom; x < doorTo; x++ {
			row[x] = byte(60 + (x+y+n*3)%100)
		}
	})
	n := &needles{marks: map[string][]byte{}, known: map[[run]byte]bool{}}
	forms := map[string]func(luma []byte) []byte{
		"a luma of the file": func(luma []byte) []byte { return luma },
		"a luma of ours":     func(l []byte) []byte { return through(l, &luma, 1) },
		"BGR":                func(l []byte) []byte { return through(l, &bgr, 3) },
	}
	for form, as := range forms {
		n.marks[form] = as(m[:])
		for y := range dyeH {
			for _, x := range pieces(y) {
				n.known[[run]byte(as(interior[y*dyeW+x:][:run]))] = true
			}
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTraced$", "-test.v")
	cmd.Env = append(os.Environ(), "VESTIBULE_TRACED="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	await := func(what string) {
		for said.Scan() {
			if said.Text() == what {
				return
			}
			t.Log(said.Text())
		}
		t.Fatalf("it ends before it says %q: %v", what, cmd.Wait())
	}
	await("open")
	during := map[string]int{}
	for range 10 { // it runs on, and what FFmpeg has read is not there at every moment
		now, _ := n.scan(t, cmd.Process.Pid)
		for form, k := range now {
			during[form] = max(during[form], k)
		}
		if during["a luma of the file"] >= dyeH {
			break
		}
	}
	fmt.Fprintln(in)
	await("closed")
	after, where := n.scan(t, cmd.Process.Pid)
	fmt.Fprintln(in)
	for said.Scan() { // its last words
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("found while it is open: %v", during)
	for form := range forms {
		if during[form] < dyeH {
			t.Errorf("the positive control: %s is found %d times while it is open", form, during[form])
		}
	}
	if len(after) > 0 {
		t.Errorf("after Close: %v\n%s", after, strings.Join(where, "\n"))
	}
}
