import type { Plugin } from 'vite';
import countries from 'world-countries';

const NAME = 'virtual:countries';

/** Notes made of a real data set (mledoze/countries, Open Database License), for those who want to see a full list. */
export function countriesModule(): Plugin {
  return {
    name: 'countries',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const notes = countries.map(({ name, flag, capital, languages, currencies }) => ({
        text: `${flag} ${name.common}`,
        detail: [capital, Object.values(languages), Object.values(currencies).map((currency) => currency.name)]
          .map((values) => values.join(', '))
          .filter(Boolean)
          .join('\n'),
      }));
      return `export const countries = ${JSON.stringify(notes)};`;
    },
  };
}
