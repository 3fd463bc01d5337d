import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';

// The script does not wait for the document, which is a line longer.
const show = () => mount(App, { target: document.getElementById('app')! });
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', show, { once: true });
else show();
