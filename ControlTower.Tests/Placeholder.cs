namespace ControlTower.Tests; internal static class Placeholder;
