/** Dark, light, or as the system has it. */

import { useEffect, useState } from 'preact/hooks';

const THEMES = ['auto', 'light', 'dark'] as const;

export function ThemeButton() {
  const [theme, setTheme] = useState<(typeof THEMES)[number]>('auto');
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  return (
    <button type="button" onClick={() => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length])} aria-label={`Theme: ${theme}; change it`}>
      {{ auto: 'Auto', light: 'Light', dark: 'Dark' }[theme]}
    </button>
  );
}
