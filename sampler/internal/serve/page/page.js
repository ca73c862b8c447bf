const form = document.querySelector("form");
const status = document.querySelector("[role=status]");

form.addEventListener("submit", async (event) => {
	event.preventDefault();
	const button = form.querySelector("button");
	button.disabled = true;
	try {
		await make(new FormData(form));
	} catch (error) {
		status.textContent = error.message;
	} finally {
		button.disabled = false;
	}
});

// make asks for an image and shows its progress and then the image.
async function make(fields) {
	const request = { prompt: fields.get("prompt") };
	if (fields.get("seed")) request.seed = Number(fields.get("seed"));
	const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
	if (fields.get("token")) headers.Authorization = "Bearer " + fields.get("token");
	status.textContent = "Waiting";
	const answer = await fetch("v1/images", { method: "POST", headers, body: JSON.stringify(request) });
	if (!answer.ok) throw new Error((await answer.json()).error);
	let text = "";
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		text += value;
		const events = text.split("\n\n");
		text = events.pop();
		events.forEach(show);
	}
}

// show shows one server-sent event.
function show(event) {
	const [, name, data] = event.match(/^event: (\w+)\ndata: (.*)$/);
	const value = JSON.parse(data);
	if (name === "error") throw new Error(value.error);
	if (name === "progress") {
		status.textContent = `Step ${value.step} of ${value.steps}`;
		return;
	}
	status.textContent = value.warning;
	for (const made of value.images) {
		const image = new Image();
		image.alt = `Synthetic chest X-ray, seed ${made.seed}`;
		image.src = "data:image/png;base64," + made.png;
		document.querySelector("section").prepend(image);
	}
}
