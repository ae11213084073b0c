import { mount } from 'svelte';
import './app/shell/tokens.css';
import './app/shell/base.css';
import { language } from './app/messages/language.svelte.ts';
import App from './app/shell/App.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
await language.load();
mount(App, { target });
await language.loadErrors();
