/** How long what the provider gives out is good for, in seconds. */
export const minute = 60;
export const hour = 60 * minute;
export const day = 24 * hour;

/** However often a refresh token is rotated, after this time the person signs in again. */
export const longestSignIn = 180 * day;
/** Of a browser that is not seen any more. */
export const sessionSeconds = 14 * day;
export const idTokenSeconds = 60 * minute;
