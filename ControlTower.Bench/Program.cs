using ControlTower.Bench;

return await Benches.RunAsync(args, Console.Out, Console.Error);
