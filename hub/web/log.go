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
	owner, err := s.owner(r)
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
		if device, err = s.onlyDevice(r, owner); err != nil {
			s.writeError(w, r, err)
			return
		}
	}
	events, err := s.house.Log(r.Context(), owner, device, before, int(limit))
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, events)
}

// onlyDevice is the device of an owner who has one.
func (s *Server) onlyDevice(r *http.Request, owner string) (string, error) {
	_, devices, err := s.house.Owner(r.Context(), owner)
	if err != nil {
		return "", err
	}
	if len(devices) != 1 {
		return "", house.ErrNoDevice.With(fmt.Errorf("the owner has %d devices, so one must be named", len(devices)))
	}
	return devices[0].ID, nil
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
