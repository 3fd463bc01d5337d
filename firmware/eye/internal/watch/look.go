package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
	"vestibule/vision"
	"vestibule/vision/encode"
)

const (
	// keySpacing is the least time between two key frames, however many ask.
	keySpacing = 250 * time.Millisecond
	// troubleSpacing is the least time between two reports of a camera that comes and goes.
	troubleSpacing = time.Second
	// encoderWait is how long a broken encoder rests.
	encoderWait = time.Second
	// offerSpacing is the time between two offers of a tint that gate does not answer: its
	// disk may be in trouble, or it has just come back.
	offerSpacing = 3 * time.Second
)

// look looks through the camera until ctx ends or the window does, and closes the sight. It
// returns why it ended.
func (s *Service) look(ctx context.Context, terms pass.Terms, run *session) (why string) {
	sight := run.sight
	defer func() {
		if err := sight.Close(); err != nil {
			s.log.Warn("the camera does not close", "err", err)
		}
	}()
	enc := &encoding{camera: s.camera, pace: fullPace(s.camera)}
	defer enc.close()
	var reported time.Time
	var tint offer
	said := wire.Reason("")
	base := s.frames
	for {
		picture, seen, err := sight.Next(ctx)
		if err != nil {
			return "its time is over" // ctx has ended: nothing else ends a Sight
		}
		now := s.clock()
		s.frames = base + seen.Frame
		glass := wire.Reason(seen.Glass)
		s.stream.Glass(glass)
		if glass == "" {
			s.tellLoose(sight)
		}
		if glass != said && glass != "" && glass != wire.LampUnseen && now.Sub(reported).Abs() >= troubleSpacing {
			s.trouble(glass, errors.Join(errors.New("the whole picture is glass"), sight.Trouble()))
			reported = now
		}
		said = glass
		if seen.Tint != nil && run.offered == nil {
			run.offered = new(vision.Tint)
			*run.offered = *seen.Tint
		}
		if seen.Glass == "" && run.cut == "" {
			run.cut = seen.Cut
		}
		if seen.Tint != nil && tint.due(now) {
			s.report(pipe.TypeTint, pipe.Tint{Delivery: terms.Delivery, Colours: slices.Clone(seen.Tint[:])})
		}
		report := pipe.Look{
			Delivery: terms.Delivery, Frame: s.frames, At: seen.At, Lamp: seen.Lamp, Glass: glass, Beyond: seen.Beyond, Cut: seen.Cut,
			Spent: wire.Spent{Colour: seen.Colour, Shadow: seen.Shadow},
		}
		if s.stream.Wanted() {
			unit, key, err := enc.encode(picture, seen.At, s.stream.KeyWanted(), s.stream.Wish())
			if err != nil {
				s.trouble(wire.RedactorFailed, err)
			}
			if unit != nil {
				report.Unit = pipe.Name(unit)
				// Gate first: a beat that speaks of a picture should not come after it.
				s.report(pipe.TypeLook, report)
				s.stream.Send(pipe.Unit{Frame: s.frames, At: seen.At, Key: key, Format: enc.format(), Data: unit})
				continue
			}
		}
		s.report(pipe.TypeLook, report)
	}
}

// encoding is the encoder of one session, made when somebody first watches.
type encoding struct {
	camera Camera
	enc    *encode.Encoder
	kind   encode.Kind
	opened time.Duration
	pace   pace
	key    time.Duration // when the last key frame's picture was taken
	last   time.Duration // when the last picture was
	again  time.Duration // a broken encoder is made anew then
}

// encode returns nil, and no error, for a frame that is left out on a bad line, and while a broken encoder rests.
func (e *encoding) encode(picture vision.Redacted, at time.Duration, keyWanted bool, wish pipe.Wish) (unit []byte, key bool, err error) {
	changed := e.pace.follow(e.camera, wish.Kbit, at)
	if kind := kindFor(e.camera.Encoder, wish.Format); e.enc != nil && kind != e.kind && at-e.opened >= encoderWait {
		e.close()
	}
	keyWanted = keyWanted && at-e.key >= keySpacing
	if at < e.again || (!keyWanted && e.pace.leavesOut(e.camera, at-e.last)) {
		return nil, false, nil
	}
	e.last = at
	if unit, key, err = e.make(picture, at, keyWanted, changed, wish); err != nil {
		e.close()
		e.again = at + encoderWait
		return nil, false, err
	}
	if key {
		e.key = at
	}
	return unit, key, nil
}

func (e *encoding) make(picture vision.Redacted, at time.Duration, keyWanted, paceChanged bool, wish pipe.Wish) (unit []byte, key bool, err error) {
	if e.enc == nil {
		e.kind, e.opened = kindFor(e.camera.Encoder, wish.Format), at
		e.enc, err = encode.Open(encode.Config{Kind: e.kind, Size: e.camera.Size, FPS: e.camera.FPS, Kbit: e.camera.Kbit})
		if err != nil {
			return nil, false, err
		}
		paceChanged = e.pace.kbit != e.camera.Kbit // a new encoder has the full pace
	}
	if paceChanged {
		if err := e.enc.Pace(e.pace.kbit, max(e.camera.FPS/e.pace.every, 1)); err != nil {
			return nil, false, err
		}
	}
	if keyWanted {
		e.enc.KeyNext()
	}
	return e.enc.Encode(picture)
}

// kindFor is the encoder that was chosen, unless the viewers take what another makes only.
func kindFor(chosen encode.Kind, wanted pipe.Format) encode.Kind {
	switch {
	case wanted == pipe.VP8:
		return encode.VP8
	case wanted == pipe.H264 && chosen == encode.VP8:
		return encode.X264
	default:
		return chosen
	}
}

// format is what the last unit is in.
func (e *encoding) format() pipe.Format {
	if e.kind == encode.VP8 {
		return pipe.VP8
	}
	return pipe.H264
}

func (e *encoding) close() {
	if e.enc != nil {
		e.enc.Close()
		e.enc = nil
	}
}
