package web

import (
	"fmt"
	"math"
	"net/http"
	"strconv"

	"vestibule/hub/house"
)

// Bounds of a page of the log.
const (
	logLimit    = 100
	maxLogLimit = 500
)

func (s *Server) getLog(w http.ResponseWriter, r *http.Request) {
	person, err := s.person(r)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	q := r.URL.Query()
	before, err := number(q.Get("before"), math.MaxInt64, 0, math.MaxInt64)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	limit, err := number(q.Get("limit"), logLimit, 1, maxLogLimit)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	device := q.Get("device")
	if device == "" {
		if device, err = s.onlyDevice(r, person); err != nil {
			s.writeError(w, r, err)
			return
		}
	}
	events, err := s.house.Log(r.Context(), person, device, before, int(limit))
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, events)
}

// onlyDevice is the device of somebody who has a place at one.
func (s *Server) onlyDevice(r *http.Request, person string) (string, error) {
	seats, err := s.house.Seats(r.Context(), person)
	if err != nil {
		return "", err
	}
	if len(seats) != 1 {
		return "", house.ErrNoDevice.With(fmt.Errorf("somebody has %d devices, so one must be named", len(seats)))
	}
	return seats[0].Device.ID, nil
}

func number(text string, unless, low, high uint64) (uint64, error) {
	if text == "" {
		return unless, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < low || n > high {
		return 0, house.ErrUnreadable.With(fmt.Errorf("%.40q is not a number from %d to %d", text, low, high))
	}
	return n, nil
}
