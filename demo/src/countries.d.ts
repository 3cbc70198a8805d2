declare module 'virtual:countries' {
  /** 250 countries with their capitals, languages and currencies. */
  export const countries: readonly { readonly text: string; readonly detail: string }[];
}
