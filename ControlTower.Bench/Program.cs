using ControlTower.Bench;

// The result alone goes to standard output, so that it can be piped; whatever the tower says goes beside it.
var result = Console.Out;
Console.SetOut(Console.Error);
return await Benches.RunAsync(args, result, Console.Error);
