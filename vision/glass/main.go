// Command glass shows to anyone who doubts what leaves a device: it takes a film of one's own through the very
// redactor that a device runs, picture by picture, and writes what the encoder would be given.
//
//	go run ./vision/glass -zone "3400,500 6600,500 7000,9800 3000,9800" -mode blur film.mp4 out.mp4
//
// It is no device: it has no owner's key and no pass, and needs none, because it opens no camera. The film may
// play faster or slower than it does here; everything that a device does by the clock is done by the film's own time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"vestibule/vision/internal/capture"
)

const usage = `usage: go run ./vision/glass [flags] IN OUT

IN   a video file or a still
OUT  NAME.y4m  the pictures as they are given to the encoder, to the bit (YUV4MPEG2, 4:2:0, BT.601 limited range)
     NAME.mp4  the same after the device's own encoder, for any player
     NAME.png  the first picture

Where the film shows a picture for longer than others, it is written as often as that takes. Should its size change in
the middle, that may go unnoticed and the zone lie elsewhere: OpenCV may scale it to its first size.

flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns 0, 1 when it cannot be done or not to the film's end, and 2 when it is not understood.
func run(ctx context.Context, args []string, out, diag io.Writer) int {
	set, err := parse(args, out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(diag, "glass: %v\nglass: -h explains what can be asked for.\n", err)
		return 2
	}
	told, err := work(ctx, set, diag)
	fmt.Fprint(out, told)
	if err != nil {
		fmt.Fprintf(diag, "glass: %v\n", err)
		return 1
	}
	return 0
}

// broken is a film that ends before it should.
type broken struct {
	settings
	after, of int // pictures
}

func (b broken) Error() string {
	return fmt.Sprintf("%s breaks off after %d of %d pictures; %s holds no more than these", b.in, b.after, b.of, b.out)
}

// work takes the film through the glass and returns what there is to say of it, also of one that is broken.
func work(ctx context.Context, set settings, diag io.Writer) (told string, err error) {
	film, err := capture.OpenFilm(set.in)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, film.Close()) }()
	size, note, err := sizeFor(film, set.size)
	if err != nil {
		return "", err
	}
	if note != "" {
		fmt.Fprintf(diag, "glass: %s\n", note)
	}
	set.single = set.single || film.Still()
	d := newDelivery(set, size, film.Rate())
	if d.zoneFault != nil {
		fmt.Fprintf(diag, "glass: %v: as on a device, the whole picture is glass.\n", d.zoneFault)
	}
	if set.side {
		fmt.Fprintf(diag, "glass: with -side, %s contains the interior. It is readable to you alone.\n", set.out)
	}
	file, err := create(set)
	if err != nil {
		return "", err
	}
	defer func() {
		_, short := errors.AsType[broken](err)
		err = errors.Join(err, file.finish(err == nil || short))
	}()
	w, err := newWriter(file.File, set, size, film.Rate())
	if err != nil {
		return "", err
	}
	if err := play(ctx, film, d, w, newBar(diag, film.Frames())); err != nil {
		return "", err
	}
	if err := w.close(); err != nil {
		return "", err
	}
	if of := film.BrokenOff(); of > 0 && !set.single {
		err = broken{set, d.frames, of}
	}
	return d.summary(film), err
}
