package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/look"
	"vestibule/vision/internal/mp4"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/x264"
)

// output is the file that is being written. Until it is whole it has a name of its own, that nobody had, where it would
// overwrite another, and it is removed when it does not become whole.
type output struct {
	*os.File
	name string // what it is called in the end
}

func create(set settings) (*output, error) {
	mode := fs.FileMode(0o666)
	if set.side {
		mode = 0o600
	}
	if in, err := os.Stat(set.in); err == nil {
		if out, err := os.Stat(set.out); err == nil && os.SameFile(in, out) {
			return nil, fmt.Errorf("%s is the film itself; it is not overwritten", set.out)
		}
	}
	file, err := os.OpenFile(set.out, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	switch {
	case err == nil:
		return &output{file, set.out}, nil
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	case !set.force:
		return nil, fmt.Errorf("%s is there already; with -f it is overwritten", set.out)
	}
	old, err := os.Stat(set.out)
	if err != nil {
		return nil, err
	}
	if !old.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file that can be overwritten", set.out)
	}
	if file, err = os.CreateTemp(filepath.Dir(set.out), filepath.Base(set.out)+".*.part"); err != nil {
		return nil, err
	}
	o := &output{file, set.out}
	if err := file.Chmod(mode & old.Mode().Perm()); err != nil {
		return nil, errors.Join(err, o.finish(false))
	}
	return o, nil
}

// finish closes the file, and keeps it if it is whole.
func (o *output) finish(whole bool) error {
	err := o.Close()
	if !whole || err != nil {
		return errors.Join(err, os.Remove(o.Name()))
	}
	if o.Name() == o.name {
		return nil
	}
	if err := os.Rename(o.Name(), o.name); err != nil {
		return errors.Join(err, os.Remove(o.Name()))
	}
	return nil
}

// writer puts pictures into a file.
type writer struct {
	form
	side          []byte // the two pictures, with -side
	width, height int    // of what is written
	rate          float64
	count         int       // pictures that were written
	last          [3][]byte // the planes of the last one
}

// form is a kind of file.
type form interface {
	write(y, cb, cr []byte) error
	close() error
}

// writers are the kinds of file, by the end of the name.
func writers() map[string]func(file *os.File, p page) (form, error) {
	return map[string]func(*os.File, page) (form, error){".y4m": newY4M, ".mp4": newMP4, ".png": newPNG}
}

// page is what a kind of file is told of the pictures.
type page struct {
	width, height int
	rate, per     int // rate pictures in per seconds
	kbit          int
}

// kbit is what a device's encoder may spend if it is not told otherwise (firmware/eye), in kbit/s.
const kbit = 2000

func newWriter(file *os.File, set settings, size vision.Size, rate float64) (*writer, error) {
	p := page{width: size.Width, height: size.Height, kbit: kbit}
	p.rate, p.per = fraction(rate)
	w := &writer{rate: float64(p.rate) / float64(p.per)}
	if set.side {
		p.width, p.kbit = 2*p.width, 2*p.kbit
		w.side = make([]byte, p.width*p.height*3/2)
	}
	w.width, w.height = p.width, p.height
	var err error
	w.form, err = writers()[filepath.Ext(set.out)](file, p)
	return w, err
}

// fraction turns a rate into whole numbers: films play 24, 25 or 30 pictures a second, or 1000/1001 of that.
func fraction(rate float64) (num, den int) {
	if whole := math.Round(rate); math.Abs(whole-rate) < 0.001 {
		return int(whole), 1
	}
	if whole := math.Round(rate * 1.001); math.Abs(whole/1.001-rate) < 0.001 {
		return int(whole) * 1000, 1001
	}
	return int(math.Round(rate * 1000)), 1000
}

// put writes a picture, beside the frame that it was made of where that was asked for.
func (w *writer) put(f *raw.Frame, p *redact.Picture) error {
	if w.side == nil {
		return w.next(p.Y, p.Cb, p.Cr)
	}
	n := w.width * w.height
	y, cb, cr := w.side[:n], w.side[n:n+n/4], w.side[n+n/4:]
	beside(y, f.Y, p.Y, f.Width)
	beside(cb, f.Cb, p.Cb, f.Width/2)
	beside(cr, f.Cr, p.Cr, f.Width/2)
	return w.next(y, cb, cr)
}

func (w *writer) next(y, cb, cr []byte) error {
	w.count, w.last = w.count+1, [3][]byte{y, cb, cr}
	return w.write(y, cb, cr)
}

// until writes the last picture again, as often as it takes to keep the film's time: what is written has as many
// pictures a second everywhere.
func (w *writer) until(at time.Duration) error {
	for due := int(math.Round(at.Seconds() * w.rate)); w.count > 0 && w.count < due; {
		if err := w.next(w.last[0], w.last[1], w.last[2]); err != nil {
			return err
		}
	}
	return nil
}

func beside(out, left, right []byte, width int) {
	for i := 0; i < len(left); i += width {
		copy(out[2*i:], left[i:i+width])
		copy(out[2*i+width:], right[i:i+width])
	}
}

// y4m is YUV4MPEG2: a line of text, then each picture's planes after a line of their own.
type y4m struct{ *bufio.Writer }

func newY4M(file *os.File, p page) (form, error) {
	w := y4m{bufio.NewWriterSize(file, 1<<20)}
	_, err := fmt.Fprintf(w, "YUV4MPEG2 W%d H%d F%d:%d Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED\n", p.width, p.height, p.rate, p.per)
	return w, err
}

func (w y4m) write(y, cb, cr []byte) error {
	if _, err := w.WriteString("FRAME\n"); err != nil {
		return err
	}
	for _, p := range [3][]byte{y, cb, cr} {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

func (w y4m) close() error { return w.Flush() }

// film is what the device's encoder makes, in MP4.
type film struct {
	enc    *x264.Encoder
	out    *mp4.Writer
	frames int
	every  int // pictures from one key frame to the next, so that a player can go to any place
}

func newMP4(file *os.File, p page) (form, error) {
	fps := max((p.rate+p.per/2)/p.per, 1)
	out, err := mp4.New(file, mp4.Config{Width: p.width, Height: p.height, Rate: p.rate, Per: p.per})
	if err != nil {
		return nil, err
	}
	enc, err := x264.Open(x264.Config{Width: p.width, Height: p.height, FPS: fps, Kbit: p.kbit})
	if err != nil {
		return nil, err
	}
	return &film{enc: enc, out: out, every: 5 * fps}, nil
}

func (w *film) write(y, cb, cr []byte) error {
	if w.frames%w.every == 0 {
		w.enc.KeyNext()
	}
	w.frames++
	unit, key, err := w.enc.Encode(y, cb, cr)
	if err != nil {
		return err
	}
	return w.out.Write(unit, key)
}

func (w *film) close() error {
	w.enc.Close()
	return w.out.Close()
}

// still is a PNG.
type still struct {
	file *os.File
	page page
}

func newPNG(file *os.File, p page) (form, error) { return still{file, p}, nil }

func (w still) write(y, cb, cr []byte) error {
	return look.PNG(w.file.Name(), w.page.width, w.page.height, y, cb, cr)
}

func (w still) close() error { return nil }
