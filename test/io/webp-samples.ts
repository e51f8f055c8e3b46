/** Small files made by cwebp and webpmux, and the first digits of the SHA-256 of the RGB bytes that Pillow (libwebp) decodes. */

export const webps = {
  'lossy': {
    base64:
      'UklGRlwAAABXRUJQVlA4IFAAAADwAwCdASoVAA0APrVOoUmnJKOhMAgA4BaJbACsMoRwACm7+mJVghxwAP73l297AmVCbCgxnsEdcws3MLeIIeHZ' +
      'kcJheAUSs2RpdaXMxEgAAA==',
    shape: [1, 13, 21, 3],
    fps: null,
    sha: 'c69bdc47c0022ceb',
  },
  'lossless, with alpha': {
    base64:
      'UklGRswAAABXRUJQVlA4TL8AAAAvE4ACEM2UIaL/sSl8FLz/ATZtIwlyP7yuf7pPb3YXg+NIkqQmuSlP+GIvdqJbEYwiSVKUB+X/eepYBgbENgAI' +
      'SD3bNvafybbxDIGkzXyCx0DgnVdfDVVXNVVVFVVWJVVUBdW/+lYvdVMntVMrNVOj71iz/7VEAXyxAAs3IAAQ8gAA3piAjR8zgJCG8sTAMT5MIMRh' +
      'cAN29ngxCmFY/LACC48ANh/MwBJ+4eCFkVX4wMUDEKPwgJs/Nlq43M3bAAA=',
    shape: [1, 11, 20, 3],
    fps: null,
    sha: 'd5e5a7de330ae05f',
  },
  'lossy, with alpha': {
    base64:
      'UklGRgIBAABXRUJQVlA4WAoAAAAQAAAAEgAADQAAQUxQSF4AAAABmTJE9D/gtrZt01rPRvS+2X9N9o/sn12WEDEBE0CIqbZaDG9nB09QDzUgP1lR' +
      'TKWgfpqRNErQvToR+qC/AaAUMvi6AnIwvQN8Rn/AnxGAOxtXXxawYePkygJmngwAVlA4IH4AAAAQBACdASoTAA4APp1Am0ilo6KhMAgAsBOJbACd' +
      'MoR3ACWaHLIUAJ7rbAD9zTczmoQv25SlfqMclWzGolwAnd25EZoH/4tDehH73Pnfm7ufgH5/k3rL/8nb/sil7u0R2LlQerdtOQWaZPBSRswmykGc' +
      '7ynO3/DEh2fxzqpAAAA=',
    shape: [1, 14, 19, 3],
    fps: null,
    sha: '6606ad164cd1ac02',
  },
  'animated': {
    base64:
      'UklGRnoDAABXRUJQVlA4WAoAAAASAAAAFwAAEQAAQU5JTQYAAAD/////AABBTk1GNgEAAAAAAAAAABcAABEAACoAAABBTFBIaAAAAAGZMkT0P+A4' +
      'sm3TWs82Zi//wO7s2zZ3CBETMAHEe6dXy8V8tpuTnZWZkTF8H3jw85nxZWDBn3fGh44Hf5+NAfBUIJw7A2qQzgA5zQo8Hs0ZfFDbZDeyE9nZmQor' +
      'shnZ2ZwKY2cqGHcKVlA4IK4AAABQBgCdASoYABIAPp08mkgloyKhN/VYALATiWoAnTKEcDe18Zm8A9AD9AAE8M5PspzYTvIRLqnPpc0gAAD+nvle' +
      'Wp/ZgHVUATSOT5+oK9Xuh91MgLqUYrBU6Evu3OnwP74DSomLTkD2jceu6lopMoqvV22rcfhYeOD3TY8euwz1H4k1Xe+SatsZpHuW5rbMf3/JYnd6' +
      'Hug3v+rppHdW+rm648hvw9YE7Ty/D1+gAABBTk1GaAAAAAIAAAEAAAkAAAcAACoAAABWUDhMTwAAAC8JwAEQmTJE9D82hYjof0jMtG2TP9RLe8Ew' +
      'CGLBFPfOLrFginsmlRLZNii/+OKLomVZviiKwgTsGwoSCICAh4OFsfJvi8FCsCJYH6wL1gYAQU5NRqgAAAAFAAAEAAAIAAAGAAApAAADQUxQSD8A' +
      'AAABZ0CQbRsTKMAAjvGIiA8SgEEkSY3I2MBSNkDhIDpIDigMYIF6Cy8LERH9nwMRikOyrUr9+SaL99/88US2VSkAVlA4IEgAAABwAgCdASoJAAcA' +
      'AkA4JbACdGsAYQB6/4HoAragAP7rdhXrHll/nrsQHhCJY7d//naj2+3/gtTOPwygPjgy8KyZyX/x5b9+gABBTk1GgAAAAAMAAAIAAAsAAAUAACoA' +
      'AAFWUDhMaAAAAC8LQAEQmTJE9D82hSCQtMXb/uh/HGYZSZr+BL5/f68X+WMw07aN3/BH0XcjaLRt25xBu40OSW2reTgsCiLQAPqrrcEi4GaREwAB' +
      'c1dKK6mEosoqozzl4IJd/P4NvMoHIUAbtApbhWkAQU5NRmgAAAAGAAAEAAAJAAAHAAAqAAAAVlA4TE8AAAAvCcABEJkyRPQ/NoWI6H9IzLRtkz/U' +
      'S3vBMAhiwRT3zi6xYIp7JpUS2TYov/jii6JlWb4oisIE7BsKEgiAgIeDhbHyb4vBQrAiWB+sC9YGAA==',
    shape: [5, 18, 24, 3],
    fps: 24,
    sha: '4ce3e03ebd75b5d8',
  },
  'a first frame beside the corner': {
    base64:
      'UklGRhwBAABXRUJQVlA4WAoAAAASAAAADQAACQAAQU5JTQYAAAD/////AABBTk1GaAAAAAIAAAEAAAkAAAcAAGQAAAFWUDhMTwAAAC8JwAEQmTJE' +
      '9D82hYjof0jMtG2TP9RLe8EwCGLBFPfOLrFginsmlRLZNii/+OKLomVZviiKwgTsGwoSCICAh4OFsfJvi8FCsCJYH6wL1gYAQU5NRoAAAAAAAAAA' +
      'AAALAAAFAAAsAQAAVlA4TGgAAAAvC0ABEJkyRPQ/NoUgkLTF2/7ofxxmGUma/gS+f3+vF/ljMNO2jd/wR9F3I2i0bducQbuNDkltq3k4LAoi0AD6' +
      'q63BIuBmkRMAAXNXSiuphKLKKqM85eCCXfz+DbzKByFAG7QKW4VpAA==',
    shape: [2, 10, 14, 3],
    fps: 5,
    sha: 'ec7a29ee1f8cf123',
  },
} as const;
