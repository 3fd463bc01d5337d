import { mount } from 'svelte';
import '$app/app.css';
import Desk from './Desk.svelte';

mount(Desk, { target: document.getElementById('app')! });
