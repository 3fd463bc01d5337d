package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"vestibule/vision"
	"vestibule/vision/internal/capture"
	"vestibule/vision/internal/frozen"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/shadow"
	"vestibule/vision/internal/zone"
)

// begin is what a device's clock shows when the film begins: clocks there do not begin with a film.
const begin = time.Hour

// delivery composes a film's pictures as a vision.Sight composes a camera's, with the film's time for the clock and
// a gate that settles the glass's colours as soon as they are offered. TestAsASight holds the two together.
type delivery struct {
	set    settings
	size   vision.Size
	blocks *zone.Blocks
	red    *redact.Redactor
	frozen *frozen.Watch
	sample *redact.Sampler // nil when the glass has its colours, or takes none
	offer  *glass.Tint     // what was measured, until it is settled
	shadow *shadow.Watch   // nil when none is asked for

	zoneFault error
	blind     vision.Reason // why the zone can never show

	sensorW, sensorH int // the film's size with its first picture

	frames, shadows int
	last            time.Duration         // when the last one was due in the film
	glass           map[vision.Reason]int // pictures that were all glass
	fault           error                 // the last one
}

func newDelivery(set settings, size vision.Size, rate float64) *delivery {
	d := &delivery{set: set, size: size, glass: map[vision.Reason]int{}}
	d.blocks, d.zoneFault = zone.Shrink(set.zones, set.large, size.Width, size.Height)
	d.blind = vision.ZoneReason(d.zoneFault)
	d.frozen = frozen.New(d.blocks, size.Width, size.Height)
	fade := 0
	if set.shadow {
		fade = max(int(math.Round(rate))*2/5, 1) // 0.4 s, as a Sight has it
	}
	d.red = redact.New(redact.Config{
		Width: size.Width, Height: size.Height, Zone: d.blocks, Blur: set.mode == vision.Blur, Nonce: set.nonce, Fade: fade,
	})
	if set.mode == vision.Blur {
		d.sample = redact.NewSampler(d.blocks)
	}
	if set.shadow {
		d.shadow = shadow.New(d.blocks, size.Width, size.Height)
	}
	return d
}

// play takes every picture of the film through the delivery and into the writer.
func play(ctx context.Context, film *capture.Film, d *delivery, w *writer, bar *bar) error {
	defer bar.clear()
	f := raw.New(d.size.Width, d.size.Height)
	defer f.Wipe()
	for {
		if ctx.Err() != nil {
			return errors.New("stopped; nothing is left behind")
		}
		err := film.Read(f)
		f.At += begin
		if errors.Is(err, raw.ErrEnded) {
			if d.frames == 0 {
				return fmt.Errorf("%s holds no picture", d.set.in) // OpenCV tells no more than that
			}
			return nil
		}
		if err := w.until(f.At - begin); err != nil {
			return err
		}
		p := d.picture(f, err)
		if err := w.put(f, p); err != nil {
			return err
		}
		if d.set.single {
			return nil
		}
		bar.at(d.frames)
	}
}

// picture composes a frame, or returns glass where there is a reason. fault is why the film gave no frame.
func (d *delivery) picture(f *raw.Frame, fault error) *redact.Picture {
	d.frames, d.last = d.frames+1, f.At-begin
	reason := d.blind
	if reason == "" {
		reason, fault = d.check(f, fault)
	}
	if reason == "" {
		p, err := d.compose(f)
		if err == nil {
			return p
		}
		reason, fault = vision.RedactorFailed, err
	}
	d.red.ClearShadow()
	d.glass[reason]++
	if fault != nil {
		d.fault = fault
	}
	return d.red.Full()
}

// check is what stands between a camera and the redactor.
func (d *delivery) check(f *raw.Frame, fault error) (vision.Reason, error) {
	if fault != nil {
		return vision.CameraFailed, fault
	}
	if d.sensorW == 0 {
		d.sensorW, d.sensorH = f.SensorWidth, f.SensorHeight
	}
	if f.SensorWidth != d.sensorW || f.SensorHeight != d.sensorH {
		return vision.CameraResized, fmt.Errorf("%w: it was %dx%d and is %dx%d", raw.ErrResized, d.sensorW, d.sensorH, f.SensorWidth, f.SensorHeight)
	}
	if d.frozen.Look(f) {
		return vision.CameraStalled, frozen.Err
	}
	return "", nil
}

func (d *delivery) compose(f *raw.Frame) (p *redact.Picture, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the redactor broke down: %v", fault)
		}
	}()
	if d.set.single && d.sample != nil { // no later picture would show the colours
		tint := d.red.Measure(f)
		d.offer, d.sample = &tint, nil
	}
	if d.offer != nil {
		d.red.Settle(*d.offer)
		d.offer = nil
	}
	if d.sample != nil && d.sample.Add(f) {
		d.offer, d.sample = d.sample.Tint(), nil
	}
	if d.shadow != nil {
		visit := f.At-begin >= d.set.visit
		s, fresh := d.shadow.Look(f, visit)
		if fresh && visit {
			d.red.SetShadow(s)
			d.shadows++
		}
	}
	return d.red.Compose(f), nil
}

// summary says what went out.
func (d *delivery) summary(film *capture.Film) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	lasts := ""
	if !film.Still() {
		lasts = fmt.Sprintf(", %v of film", (d.last + time.Duration(float64(time.Second)/film.Rate())).Round(time.Millisecond))
	}
	line("pictures", "%d of %v%s", d.frames, d.size, lasts)
	share := float64(d.blocks.Count()*zone.Block*zone.Block) * 100 / float64(d.size.Width*d.size.Height)
	line("zone", "%d blocks of 16x16 are shown, %.1f %% of the picture", d.blocks.Count(), share)
	line("glass", "%s, nonce %x", d.set.mode, d.set.nonce)
	_, tinted := d.red.Tint()
	if d.set.mode == vision.Blur && !tinted && d.blind == "" {
		line("", "the film ends before the glass takes its colours, %d pictures after the first", redact.Sampled)
	}
	all := 0
	for _, reason := range slices.Sorted(maps.Keys(d.glass)) {
		all += d.glass[reason]
		line("all glass", "%d of them: %s", d.glass[reason], reason)
	}
	if all == 0 {
		line("all glass", "none of them")
	}
	if d.fault != nil {
		line("", "%v", d.fault)
	}
	colour := 0
	if tinted {
		colour = len(glass.Tint{})
	}
	b.WriteString("\nOf the interior went out:\n")
	line("  colour", "%d bytes", colour)
	line("  shadow", "%d bytes", d.shadows*len(glass.Shadow{}))
	switch {
	case d.set.side:
		b.WriteString("Beside them, because of -side, is the interior itself.\n")
	case colour+d.shadows == 0:
		b.WriteString("Nothing: another interior would give the same pictures, to the bit.\n")
	}
	return b.String()
}
