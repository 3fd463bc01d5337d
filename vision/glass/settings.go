package main

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/capture"
)

// settings is what was asked for.
type settings struct {
	zones  [][]vision.Point
	large  bool
	mode   vision.Mode
	shadow bool
	visit  time.Duration // from where in the film a visit is under way
	nonce  [16]byte
	size   vision.Size // zero: the film's own
	side   bool
	force  bool
	single bool // one picture is written
	in     string
	out    string
}

// parse reads the arguments. Asked for help, it gives it and returns flag.ErrHelp.
func parse(args []string, help io.Writer) (settings, error) {
	set := settings{mode: vision.Blur}
	fs := flag.NewFlagSet("glass", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // what is wrong is returned; the flags are not listed with it
	fs.Func("zone", "a `polygon` that is shown, as \"x,y x,y x,y ...\" in 1/10000 of the picture's width and height, from the top left,\n"+
		"as a pass has it: \"0,0 5000,0 5000,10000 0,10000\" is the left half. Up to four, each with a -zone of its own", func(text string) error {
		zone, err := polygon(text)
		set.zones = append(set.zones, zone)
		return err
	})
	fs.BoolVar(&set.large, "large", false, "the zones may take more than 60 % of the picture, as an owner can sign")
	fs.Func("mode", "what the glass is made from, `blur|frosted`: blur takes the interior's colours (216 bytes of it), frosted takes nothing of it (default blur)", func(text string) error {
		set.mode = vision.Mode(text)
		if set.mode != vision.Blur && set.mode != vision.Frosted {
			return errors.New("blur or frosted is possible")
		}
		return nil
	})
	fs.BoolVar(&set.shadow, "shadow", false, "show where something moves behind the glass, as during a visit (18 bytes at most twice a second)")
	fs.DurationVar(&set.visit, "visit", 0, "the visit is under way from this `moment` of the film on, such as 12.5s; for -shadow")
	fs.Func("nonce", "the delivery's `nonce`, 32 hexadecimal digits; the same one draws the same glass (default all zero)", func(text string) error {
		b, err := hex.DecodeString(text)
		if err != nil || len(b) != len(set.nonce) {
			return errors.New("32 hexadecimal digits are wanted")
		}
		set.nonce = [16]byte(b)
		return nil
	})
	fs.Func("size", "the picture's size, `WxH`, even, 320x240 to 1920x1080 (default the film's own, or the nearest that is possible).\n"+
		"The film is scaled to cover it and cut at the middle, as a camera's picture is", func(text string) error {
		var err error
		set.size, err = sizeOf(text)
		return err
	})
	fs.BoolVar(&set.side, "side", false, "write before and after side by side; what is written then contains the interior")
	fs.BoolVar(&set.force, "f", false, "overwrite OUT")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(help, usage)
			fs.SetOutput(help)
			fs.PrintDefaults()
		}
		return set, err
	}
	if fs.NArg() != 2 {
		return set, fmt.Errorf("two names are wanted after the flags, IN and OUT; given are %q", fs.Args())
	}
	set.in, set.out = fs.Arg(0), fs.Arg(1)
	if _, ok := writers()[filepath.Ext(set.out)]; !ok {
		return set, fmt.Errorf("%s: OUT ends in .y4m, .mp4 or .png", set.out)
	}
	set.single = filepath.Ext(set.out) == ".png"
	if set.visit < 0 || set.visit > 0 && !set.shadow {
		return set, errors.New("-visit is a moment of the film, and goes with -shadow")
	}
	return set, nil
}

// polygon reads corners. Whether they are a zone is the redactor's to say.
func polygon(text string) ([]vision.Point, error) {
	var zone []vision.Point
	for _, corner := range strings.Fields(text) {
		x, y, ok := strings.Cut(corner, ",")
		px, errX := strconv.Atoi(x)
		py, errY := strconv.Atoi(y)
		if !ok || errX != nil || errY != nil {
			return nil, fmt.Errorf("%q is no corner: two whole numbers are wanted, such as 3400,500", corner)
		}
		zone = append(zone, vision.Point{X: px, Y: py})
	}
	return zone, nil
}

func sizeOf(text string) (vision.Size, error) {
	w, h, _ := strings.Cut(text, "x")
	width, errW := strconv.Atoi(w)
	height, errH := strconv.Atoi(h)
	if errW != nil || errH != nil {
		return vision.Size{}, errors.New("a size such as 1280x720 is wanted")
	}
	size := vision.Size{Width: width, Height: height}
	return size, size.Check()
}

// sizeFor returns the size of the pictures, and what there is to say of it.
func sizeFor(film *capture.Film, asked vision.Size) (size vision.Size, note string, err error) {
	w, h := film.Size()
	size = asked
	if asked == (vision.Size{}) {
		size = nearest(w, h)
		if size.Check() != nil {
			return size, "", fmt.Errorf("the film's pictures are %dx%d, a shape that cannot be redacted whole: say by -size what to cut from them", w, h)
		}
	}
	if w != size.Width || h != size.Height {
		note = fmt.Sprintf("the film's pictures are %dx%d; they are scaled to cover %v and cut at the middle.", w, h, size)
	}
	return size, note, nil
}

// nearest is the size that is possible and closest to w x h, in its shape but for a pixel.
func nearest(w, h int) vision.Size {
	if size := (vision.Size{Width: w &^ 1, Height: h &^ 1}); size.Check() == nil {
		return size
	}
	long, short := float64(max(w, h, 1)), float64(max(min(w, h), 1))
	scale := max(min(1920/long, 1080/short, 1), 320/long, 240/short)
	even := func(v int) int { return 2 * int(math.Round(float64(v)*scale/2)) }
	return vision.Size{Width: even(w), Height: even(h)}
}
