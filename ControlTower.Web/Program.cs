using ControlTower.Web;

return await TowerApp.RunAsync(args);
