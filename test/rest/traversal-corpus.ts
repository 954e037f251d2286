/** How a dot can be written. */
const DOTS = ['.', '%2e', '%2E', '%252e', '%25252e', '%c0%2e', '%c0%ae', '%e0%80%ae', '%u002e', '%ff0e', '\u2024']
/** How a separator can be written. */
const SEPARATORS = [
  '/',
  '\\',
  '%2f',
  '%2F',
  '%5c',
  '%252f',
  '%255c',
  '%c0%af',
  '%e0%80%af',
  '%u2215',
  '//',
  ';/',
  '%00/',
]
/** What somebody wants to read. */
const TARGETS = ['etc/passwd', 'secret.txt', 'config/seatunnel.yaml']

/**
 * Names with which somebody tries to leave a folder: dots and separators in every way to write them, absolute names, drives,
 * devices, NUL, overlong names. As they stand in a request.
 */
export const TRAVERSAL_CORPUS: readonly string[] = [
  ...DOTS.flatMap((dot) =>
    SEPARATORS.flatMap((separator) => TARGETS.map((target) => `${dot}${dot}${separator}${target}`)),
  ),
  ...SEPARATORS.flatMap((separator) => TARGETS.map((target) => `${separator}${target}`)),
  ...SEPARATORS.map((separator) => `job.log${separator}..${separator}..${separator}secret.txt`),
  ...['..', '.', '...', '.%2e', '%2e%2e', '..%00', '..%00.log', 'a..b', '....//secret.txt', '..;/secret.txt'],
  ...['.hidden', '.env', '%2ehidden', 'secret.txt%00.log', 'secret.txt%00', '%00', 'a%0ab', 'a%0d%0ab', 'a b', 'a%20b'],
  ...[
    'C:%5Cwindows%5Cwin.ini',
    'C:secret.txt',
    '%5C%5Chost%5Cshare',
    'file:///etc/passwd',
    '~/secret.txt',
    '$HOME',
    '`id`',
  ],
  ...[
    '',
    '%',
    '%2',
    '%zz',
    '%ff',
    '%c3%28',
    'a%',
    `${'a'.repeat(201)}`,
    `${'a/'.repeat(3000)}`,
    'a*',
    'a?',
    'a#b',
    'a|b',
  ],
  ...['aux%3a', 'a%3cb', 'seatunnel\u202e', 'a%e2%80%aeb', '/proc/self/environ', '%2fproc%2fself%2fenviron', 'a%09b'],
]
