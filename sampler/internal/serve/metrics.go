package serve

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are those of GET /metrics.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	images   prometheus.Counter
	seconds  prometheus.Histogram
	waited   prometheus.Histogram
}

func newMetrics(q *queue) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "roentgo_requests_total", Help: "Requests, by route and status."}, []string{"route", "status"}),
		images:   prometheus.NewCounter(prometheus.CounterOpts{Name: "roentgo_images_total", Help: "Images made."}),
		waited:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: "roentgo_wait_seconds", Help: "Seconds that a request waited for its turn.", Buckets: prometheus.ExponentialBuckets(0.01, 4, 10)}),
		seconds:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "roentgo_image_seconds", Help: "Seconds that an image took.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 12)}),
	}
	length := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "roentgo_queue_length", Help: "Requests that wait or are worked on."}, func() float64 { return float64(q.length()) })
	places := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "roentgo_queue_places", Help: "The most requests that may wait or be worked on."}, func() float64 { return float64(q.size()) })
	m.registry.MustRegister(m.requests, m.images, m.seconds, m.waited, length, places, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
