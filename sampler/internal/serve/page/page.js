const find = (selector) => document.querySelector(selector);
const form = find("form");
const progress = find("progress");
const state = find("[role=status]");
const alert = find("[role=alert]");
const cancel = find("#cancel");

let leaving = new AbortController();
cancel.addEventListener("click", () => leaving.abort());

form.addEventListener("submit", async (event) => {
	event.preventDefault();
	const button = form.querySelector("button");
	document.querySelectorAll(".error").forEach((element) => { element.textContent = ""; });
	form.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
	button.disabled = true;
	cancel.hidden = progress.hidden = false;
	progress.removeAttribute("value");
	state.textContent = "Waiting for a turn";
	leaving = new AbortController();
	try {
		const result = await make(new FormData(form), leaving.signal);
		result.images.forEach((made) => add(made, result.warning));
		const words = result.unknown_words;
		state.textContent = words.length ? `The model has not learned: ${words.join(", ")}` : "Done";
	} catch (error) {
		state.textContent = "";
		if (leaving.signal.aborted) state.textContent = "Cancelled";
		else complain(error);
	} finally {
		button.disabled = false;
		cancel.hidden = progress.hidden = true;
	}
});

// Refused is what the server says of a request.
class Refused extends Error {
	constructor({ error, field }) {
		super(error);
		this.field = field;
	}
}

// make asks for an image, shows the progress, and returns the result.
async function make(fields, signal) {
	const request = { prompt: fields.get("prompt") };
	const seed = fields.get("seed").trim();
	if (seed) {
		if (!/^[0-9]+$/.test(seed)) throw new Refused({ error: "The seed must be a whole number", field: "seed" });
		request.seed = Number(seed);
	}
	const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
	if (fields.get("token")) headers.Authorization = "Bearer " + fields.get("token");
	const answer = await fetch("v1/images", { method: "POST", headers, body: JSON.stringify(request), signal });
	if (!answer.ok) {
		const failure = await answer.json();
		if (answer.status === 401) failure.field = "token";
		if (answer.status === 429) failure.error = `Too many requests wait: try again in ${answer.headers.get("Retry-After")} s`;
		throw new Refused(failure);
	}
	for await (const { name, data } of events(answer.body)) {
		if (name === "error") throw new Refused(data);
		if (name === "result") return data;
		progress.max = data.steps;
		progress.value = data.step;
		state.textContent = `Step ${data.step} of ${data.steps}`;
	}
	throw new Error("The connection ended before the image was made: try again");
}

// events yields the server-sent events of an answer; comments are left out.
async function* events(body) {
	let text = "";
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		const parts = (text + value).split("\n\n");
		text = parts.pop();
		for (const part of parts) {
			const event = part.match(/^event: (\w+)\ndata: (.*)$/);
			if (event) yield { name: event[1], data: JSON.parse(event[2]) };
		}
	}
}

// complain shows an error, beside the field that it is about where there is one.
function complain(error) {
	const field = error.field && form.elements.namedItem(error.field);
	if (!field) {
		alert.textContent = error.message;
		return;
	}
	field.parentElement.hidden = false;
	field.setAttribute("aria-invalid", "true");
	find(`#${field.id}-error`).textContent = error.message;
	field.focus();
}

// add puts an image before those that were made earlier.
function add(made, warning) {
	const figure = document.createElement("figure");
	const image = new Image();
	image.alt = `Synthetic chest X-ray, seed ${made.seed}`;
	image.src = "data:image/png;base64," + made.png;
	const caption = document.createElement("figcaption");
	const file = document.createElement("a");
	file.href = image.src;
	file.download = `synthetic-${made.seed}.png`;
	file.textContent = "Download";
	caption.append(`${warning}. Seed ${made.seed}, ${made.steps} steps, guidance ${made.guidance}. `, file);
	figure.append(image, caption);
	find("section").prepend(figure);
}
