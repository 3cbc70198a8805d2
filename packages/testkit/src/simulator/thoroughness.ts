/** How much the simulations do: `npm test` asks for 200 seeds, `npm run test:fast` for 50. */
export const SEEDS: number = Number(process.env['SIM_SEEDS'] ?? 50);

/** Whether everything is taken, not a share of it. */
export const THOROUGH: boolean = SEEDS >= 200;
