//go:build !desk

package main

import (
	"context"
	"flag"
	"log/slog"

	"vestibule/vision"
)

const (
	defaultSource = "v4l2:/dev/video0"
	sourceHelp    = "what to look through: file:PATH, v4l2:/dev/videoN or gst:PIPELINE"
)

// worldSetting is nothing on a device: the camera sees the world itself.
type worldSetting struct{}

func (worldSetting) register(*flag.FlagSet)            {}
func (worldSetting) run(context.Context, *slog.Logger) {}

func (worldSetting) source(text string) (func(vision.Plan) (vision.Source, error), error) {
	src, err := vision.ParseSource(text)
	return func(vision.Plan) (vision.Source, error) { return src, nil }, err
}
