// Eye looks through the camera while a signed pass says so, hides the interior, encodes
// what is left, and tells gate what it saw. It links no network and runs in none.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"vestibule/firmware/eye/internal/view"
	"vestibule/firmware/eye/internal/watch"
	"vestibule/firmware/pipe"
	"vestibule/firmware/walls"
	"vestibule/vision"
	"vestibule/vision/encode"
)

func main() {
	if err := run(os.Args[1:], os.Getenv, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "eye:", err)
		os.Exit(1)
	}
}

// settings is what the command line says.
type settings struct {
	gate   string
	trust  string
	camera watch.Camera
	needs  walls.Needs
	world  worldSetting
	walls  walls.Setting
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	fs := flag.NewFlagSet("eye", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&s.gate, "gate", "", "gate's socket `PATH`")
	fs.StringVar(&s.trust, "trust", "", "the folder `DIR` with owner.pub and device.pub")
	source := fs.String("source", defaultSource, sourceHelp)
	size := fs.String("size", "1280x720", "the picture's size, `WxH`")
	fs.IntVar(&s.camera.FPS, "fps", 30, "pictures a second, 1 to 60")
	fs.IntVar(&s.camera.Kbit, "kbit", 2000, "the most that the encoder spends, in kbit/s")
	kind := fs.String("encoder", string(encode.X264), fmt.Sprintf("what encodes the picture, unless a browser takes another format only: one of `%v`", encode.Kinds()))
	s.world.register(fs)
	s.walls.Register(fs)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected %q", fs.Arg(0))
	}
	if s.gate == "" || s.trust == "" {
		return nil, errors.New("-gate and -trust are needed")
	}
	var err error
	if s.camera.Size, err = parseSize(*size); err != nil {
		return nil, err
	}
	if s.camera.FPS < 1 || s.camera.FPS > 60 {
		return nil, fmt.Errorf("-fps %d: want 1 to 60", s.camera.FPS)
	}
	if s.camera.Encoder = encode.Kind(*kind); s.camera.Encoder.Check() != nil {
		return nil, s.camera.Encoder.Check()
	}
	s.camera.Source, err = s.world.source(*source)
	s.needs = needs(*source)
	s.needs.Read = append(s.needs.Read, s.trust)
	return s, err
}

// parseSize reads WxH, both in decimal digits and nothing beside them.
func parseSize(text string) (vision.Size, error) {
	w, h, _ := strings.Cut(text, "x")
	width, errW := strconv.ParseUint(w, 10, 16)
	height, errH := strconv.ParseUint(h, 10, 16)
	if errW != nil || errH != nil {
		return vision.Size{}, fmt.Errorf("-size %q: want WxH, as 1280x720", text)
	}
	size := vision.Size{Width: int(width), Height: int(height)}
	return size, size.Check()
}

func run(args []string, getenv func(string) string, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	// Gate makes it too; whoever comes first. What is not there now could never be read.
	if err := os.MkdirAll(s.trust, 0o755); err != nil {
		return err
	}
	listener, err := pipe.Inherit("view", getenv)
	if err != nil {
		return err
	}
	// GStreamer would start a program of its own to look at its plug-ins.
	if err := os.Setenv("GST_REGISTRY_FORK", "no"); err != nil {
		return err
	}
	if err := s.walls.Raise(walls.Eye, s.needs, stderr); err != nil {
		return errors.Join(err, listener.Close())
	}
	// Frames are lent, not allocated, so little is garbage; the limit is a safety net.
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(96 << 20)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	serve(ctx, s, listener, slog.New(slog.NewTextHandler(stderr, nil)))
	return nil
}

// serve runs eye until ctx ends.
func serve(ctx context.Context, s *settings, listener *pipe.Listener, log *slog.Logger) {
	stream := view.New(log)
	service := watch.New(s.camera, watch.Trust{Dir: s.trust}, stream, time.Now, log)
	var wg sync.WaitGroup
	wg.Go(func() { s.world.run(ctx, log) })
	wg.Go(func() { stream.Run(ctx, listener) })
	service.Run(ctx, func() (*pipe.Conn, error) { return pipe.Dial(s.gate) })
	wg.Wait()
}

// needs lists what a source opens. What is not there now cannot be opened later either: the
// walls are for good.
func needs(source string) walls.Needs {
	var n walls.Needs
	present := func(to *[]string, patterns ...string) {
		for _, p := range patterns {
			if found, err := filepath.Glob(p); err == nil {
				*to = append(*to, found...)
			}
		}
	}
	kind, rest, _ := strings.Cut(source, ":")
	switch kind {
	case "file":
		present(&n.Read, rest)
	case "v4l2":
		present(&n.Devices, rest)
	case "gst":
		// libcamera goes by the kernel's media graph.
		present(&n.Devices, "/dev/video*", "/dev/media*", "/dev/v4l-subdev*", "/dev/dma_heap/*")
		present(&n.Read, "/usr/share/libcamera", "/etc/libcamera", "/run/udev", "/sys/devices", "/sys/class", "/sys/bus", "/sys/dev")
	}
	return n
}
