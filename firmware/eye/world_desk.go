//go:build desk

package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"sync/atomic"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hardware/sim"
	"vestibule/vision"
	"vestibule/vision/scene"
)

const (
	defaultSource = "scene"
	sourceHelp    = "what to look through: scene, file:PATH, v4l2:/dev/videoN or gst:PIPELINE"
)

// worldSetting is where a desk's picture comes from: the simulated house tells eye what
// there is to see.
type worldSetting struct {
	path  string
	seed  int64
	clock bool
	house atomic.Pointer[sim.Watcher]
}

func (w *worldSetting) register(fs *flag.FlagSet) {
	fs.StringVar(&w.path, "world", "", "the desk's socket `PATH`")
	fs.Int64Var(&w.seed, "seed", 1, "what the scene is drawn from")
	fs.BoolVar(&w.clock, "clock", false, "draw the time into the scene's top left corner")
}

// now is the world as last told; without a house, the camera has no power.
func (w *worldSetting) now() scene.World {
	if h := w.house.Load(); h != nil {
		return scene.World(h.World())
	}
	return scene.World{}
}

// run follows the house until ctx ends.
func (w *worldSetting) run(ctx context.Context, log *slog.Logger) {
	for ctx.Err() == nil {
		house, err := w.watch()
		if err == nil {
			w.house.Store(house)
			select {
			case <-house.Done():
			case <-ctx.Done():
			}
			err = errors.Join(errors.New("the house is gone"), house.Close())
		}
		if ctx.Err() == nil {
			log.Warn("desk", "err", err)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

func (w *worldSetting) watch() (*sim.Watcher, error) {
	if w.path == "" {
		return nil, errors.New("-world is not set: there is no house to look at")
	}
	conn, err := pipe.Dial(w.path)
	if err != nil {
		return nil, err
	}
	return sim.Watch(conn)
}

// source is the drawn house, or footage that the desk's lamp is drawn into.
func (w *worldSetting) source(text string) (func(vision.Plan) (vision.Source, error), error) {
	if text == "scene" {
		src := scene.Source(w.seed, w.now, w.clock)
		return func(vision.Plan) (vision.Source, error) { return src, nil }, nil
	}
	src, err := vision.ParseSource(text)
	return func(p vision.Plan) (vision.Source, error) { return scene.WithLamp(src, p.Lamp, w.now), nil }, err
}
