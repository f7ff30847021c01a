return await ControlTower.Verify.VerifyProgram.RunAsync(args, Console.Out, Console.Error, CancellationToken.None);
