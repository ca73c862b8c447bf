// The worker in Node: that of browsers, with what it needs around it.
import "./globals.js";
import "../worker.js";
