"""Tests: unit/ without servers, integration/ with real ones, functional/ over HTTP, browser/ in Chromium."""
