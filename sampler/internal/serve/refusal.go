package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/roentgo/roentgo/sampler"
)

// refusal is why a request has no result, for its client. It is the JSON of
// every answer that is no success.
type refusal struct {
	Status int    `json:"status"`
	Text   string `json:"error"`
	Field  string `json:"field,omitempty"` // of the request's JSON, where one is wrong
}

func (r *refusal) Error() string { return r.Text }

func refuse(status int, format string, a ...any) *refusal {
	return &refusal{Status: status, Text: fmt.Sprintf(format, a...)}
}

// wrong refuses a field that the description does not allow.
func wrong(field, format string, a ...any) *refusal {
	return &refusal{http.StatusBadRequest, fmt.Sprintf(format, a...), field}
}

// unfit refuses what the description allows and the model does not.
func unfit(field string, err error) *refusal {
	return &refusal{http.StatusUnprocessableEntity, strings.TrimPrefix(err.Error(), sampler.ErrRequest.Error()+": "), field}
}

var (
	errStops = refuse(http.StatusServiceUnavailable, "the server stops (send the request again later)")
	errLong  = refuse(http.StatusServiceUnavailable, "the request took longer than this server allows (ask for fewer images or steps)")
)

// refusalOf is what the client may read of an error.
func refusalOf(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if errors.Is(err, sampler.ErrRequest) {
		return unfit("", err)
	}
	return refuse(http.StatusInternalServerError, "the image could not be made (the server's log has the reason)")
}

func fail(w http.ResponseWriter, r *refusal) { answer(w, r.Status, r) }

// answer writes a value as JSON.
func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
