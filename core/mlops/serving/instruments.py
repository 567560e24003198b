"""What Prometheus reads at /metrics; each app has a registry of its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_PROBABILITY_BUCKETS = tuple(step / 10 for step in range(1, 11))


class Instruments:
    """Counters and histograms of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "http_requests_total", "Requests answered", ["route", "method", "status"], registry=self.registry
        )
        self.latency = Histogram(
            "http_request_duration_seconds",
            "Time to answer",
            ["route"],
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge("http_requests_in_flight", "Requests being answered", registry=self.registry)
        self.predictions = Counter(
            "model_predictions_total", "Rows scored", ["version", "label"], registry=self.registry
        )
        self.probability = Histogram(
            "model_prediction_probability",
            "Probability of the positive label",
            buckets=_PROBABILITY_BUCKETS,
            registry=self.registry,
        )
        self.unknown = Counter(
            "model_unknown_categories_total",
            "Values never seen in training",
            ["column"],
            registry=self.registry,
        )
        self.reloads = Counter(
            "model_reloads_total", "Reloads by outcome", ["outcome"], registry=self.registry
        )
        self.reload_time = Histogram("model_reload_seconds", "Time of a reload", registry=self.registry)
        self.version = Gauge("model_version", "Version that serves (0: none)", registry=self.registry)

    def on_reload(self, outcome: str, seconds: float) -> None:
        """Count one reload."""
        self.reloads.labels(outcome).inc()
        self.reload_time.observe(seconds)

    def render(self) -> bytes:
        """The registry in Prometheus' text format."""
        return generate_latest(self.registry)
