// For programs that use the element in React's JSX: import "roentgo/react";
import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { RoentgoSamplerAttributes, RoentgoSamplerElement } from "./roentgo.js";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "roentgo-sampler": DetailedHTMLProps<HTMLAttributes<RoentgoSamplerElement>, RoentgoSamplerElement> & RoentgoSamplerAttributes;
    }
  }
}
